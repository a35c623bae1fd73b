package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.EOFException;
import java.io.IOException;

/// A unary procedure: the body is the message, an error is a JSON body with an HTTP status.
record UnaryProcedure<Q extends Message, R extends Message>(
        Method<Q, R> method, UnaryHandler<Q, R> handler, Limits limits, LiveCalls live)
        implements Procedure<Q, R> {
    @Override
    public void run(
            ServerCall call, Codec codec, HttpServletRequest request, HttpServletResponse response)
            throws Exception {
        var message = codec.decode(body(request), method.requestPrototype(), Code.INVALID_ARGUMENT);
        byte[] body;
        ConnectException stopped;
        try {
            body = codec.encode(handler.handle(call, message), 0);
            if (body.length > limits.response())
                throw new ConnectException(
                        Code.RESOURCE_EXHAUSTED,
                        "response of "
                                + body.length
                                + " bytes (expected: ≤ "
                                + limits.response()
                                + ")");
        } finally {
            stopped = call.finish();
            call.trailers()
                    .forEach((name, values) ->
                            values.forEach(v -> response.addHeader("Trailer-" + name, v)));
        }
        if (stopped != null) throw stopped;
        response.setContentLength(body.length);
        try {
            response.getOutputStream().write(body);
        } catch (IOException e) {
            call.abort(e); // the peer is gone
        }
    }

    @Override
    public void refuse(Codec codec, HttpServletResponse response, ConnectException error)
            throws IOException {
        Refusal.error(response, error.code().http(), error);
    }

    @Override
    public String encodingHeader() {
        return Headers.CONTENT_ENCODING;
    }

    @Override
    public String acceptHeader() {
        return Headers.ACCEPT_ENCODING;
    }

    private byte[] body(HttpServletRequest request) {
        try {
            var in = request.getInputStream();
            return ((ByteSource) in::read).all(request.getContentLengthLong(), limits.request());
        } catch (EOFException e) {
            throw new ConnectException(Code.INVALID_ARGUMENT, "request body broke off", e);
        } catch (IOException e) {
            throw new ConnectException(Code.CANCELED, "request body could not be read", e);
        }
    }
}
