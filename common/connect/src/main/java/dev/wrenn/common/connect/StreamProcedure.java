package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/// A server stream: one envelope in, any number out, then the end-stream frame. HTTP status is 200
/// whatever happens.
record StreamProcedure<Q extends Message, R extends Message>(
        Method<Q, R> method, StreamHandler<Q, R> handler, Limits limits, LiveCalls live)
        implements Procedure<Q, R> {
    @Override
    public void run(
            ServerCall call, Codec codec, HttpServletRequest request, HttpServletResponse response)
            throws Exception {
        var message =
                codec.decode(envelope(request), method.requestPrototype(), Code.INVALID_ARGUMENT);
        long idle = call.liftIdleTimeout();
        var out = new ServletStream<R>(call, response.getOutputStream(), codec, limits.response());
        ConnectException error = null;
        try {
            handler.handle(call, message, out);
        } catch (Exception e) {
            error = translate(call, e);
        }
        var stopped = call.finish();
        out.end(stopped != null ? stopped : error);
        call.restoreIdleTimeout(idle);
    }

    @Override
    public void refuse(Codec codec, HttpServletResponse response, ConnectException error)
            throws IOException {
        var frame = ErrorJson.end(error, java.util.Map.of(), Envelope.HEAD);
        Envelope.head(Envelope.END_STREAM, frame);
        response.setContentLength(frame.length);
        response.getOutputStream().write(frame);
    }

    @Override
    public String encodingHeader() {
        return Headers.STREAM_ENCODING;
    }

    @Override
    public String acceptHeader() {
        return Headers.STREAM_ACCEPT_ENCODING;
    }

    private ConnectException translate(ServerCall call, Exception thrown) {
        if (call.canceled()) return new ConnectException(Code.CANCELED, "canceled", thrown);
        return translate(thrown);
    }

    private byte[] envelope(HttpServletRequest request) {
        try {
            var in = request.getInputStream();
            ByteSource source = in::read;
            var first = Envelope.read(source, limits.request(), Code.INVALID_ARGUMENT);
            if (first == null || first.endStream())
                throw new ConnectException(Code.UNIMPLEMENTED, "a request without a message");
            if (source.upTo(1).length > 0)
                throw new ConnectException(Code.UNIMPLEMENTED, "more than one request message");
            return first.data();
        } catch (IOException e) {
            throw new ConnectException(Code.INVALID_ARGUMENT, "request body broke off", e);
        }
    }
}
