package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What unary and streaming procedures have in common on the server.
sealed interface Procedure<Q extends Message, R extends Message>
        permits UnaryProcedure, StreamProcedure {
    Logger LOG = LoggerFactory.getLogger(ConnectService.class);

    /// Most bytes of a refused request that are read for politeness: 64 MiB.
    long MAX_DISCARD = 64 << 20;

    /// Bounds in bytes.
    record Limits(int request, int response) {}

    Method<Q, R> method();

    LiveCalls live();

    /// Runs the handler of a request in `codec`. Whatever it throws goes to the caller.
    void run(ServerCall call, Codec codec, HttpServletRequest request, HttpServletResponse response)
            throws Exception;

    /// Sends the error of a call that has not begun, or could not end well.
    void refuse(Codec codec, HttpServletResponse response, ConnectException error)
            throws IOException;

    /// Header that names the compression of the messages.
    String encodingHeader();

    /// Header that lists what compression is understood.
    String acceptHeader();

    /// Answers one request; all failures of the call are answered here.
    default void serve(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        var codec = codec(request);
        if (codec == null) {
            Refusal.contentType(response, method().kind());
            return;
        }
        response.setContentType(codec.contentType(method().kind()));
        ServerCall call;
        try {
            checkProtocol(request, response);
            call = new ServerCall(method().kind(), request, response);
        } catch (ConnectException e) {
            discardBody(request);
            refuse(codec, response, e);
            return;
        }
        try {
            live().add(call);
            run(call, codec, request, response);
        } catch (Exception e) {
            var stopped = call.finish();
            if (stopped == null) discardBody(request);
            refuse(codec, response, stopped != null ? stopped : translate(e));
        } finally {
            call.finish();
            live().remove(call);
        }
    }

    /// A peer that is still sending would not see the answer, only a broken connection.
    private static void discardBody(HttpServletRequest request) {
        try {
            ByteSource body = request.getInputStream()::read;
            body.discard(MAX_DISCARD);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("request body broke off"); // as did the call
        }
    }

    private @Nullable Codec codec(HttpServletRequest request) {
        var type = request.getContentType();
        if (type == null) return null;
        for (var codec : Codec.values())
            if (Headers.isType(type, codec.contentType(method().kind()))) return codec;
        return null;
    }

    private void checkProtocol(HttpServletRequest request, HttpServletResponse response) {
        var version = request.getHeader(Headers.VERSION);
        if (version != null && !version.equals(Headers.VERSION_1))
            throw new ConnectException(
                    Code.INVALID_ARGUMENT,
                    Headers.VERSION + ": " + Headers.shown(version) + " (expected: 1)");
        var encoding = request.getHeader(encodingHeader());
        if (encoding == null || encoding.isEmpty() || encoding.equals(Headers.IDENTITY)) return;
        response.setHeader(acceptHeader(), Headers.IDENTITY);
        throw new ConnectException(
                Code.UNIMPLEMENTED,
                "compression: "
                        + Headers.shown(encoding)
                        + " (expected: "
                        + Headers.IDENTITY
                        + ")");
    }

    /// What a handler threw, as the caller may see it.
    default ConnectException translate(Exception thrown) {
        if (thrown instanceof ConnectException e) return e;
        if (thrown instanceof InterruptedException)
            return new ConnectException(Code.CANCELED, "the call was interrupted");
        LOG.atError().addKeyValue("method", method().path()).setCause(thrown).log("call failed");
        return new ConnectException(Code.INTERNAL, "internal error");
    }
}
