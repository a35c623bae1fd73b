package dev.wrenn.common.connect;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/// A plain request to a [ConnectServer], whose body or answer may have any length.
public final class PlainCall implements AutoCloseable {
    /// What is still read of the body of a refused request, so that its sender sees the refusal.
    private static final long MAX_DISCARD = 64 << 20;

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final long idleBefore;

    /// @param idle longest time without a byte, in either direction
    public PlainCall(HttpServletRequest request, HttpServletResponse response, Duration idle) {
        this.request = request;
        this.response = response;
        this.idleBefore = endPoint().getIdleTimeout();
        endPoint().setIdleTimeout(idle.toMillis());
    }

    /// Common name of the client's certificate; null without mutual TLS.
    public @Nullable String peer() {
        return Tls.peer(core());
    }

    /// Answers with an error in the form of unary calls; when the answer has begun already, breaks
    /// the connection, so that it is not taken for a whole one.
    public void refuse(ConnectException error) {
        if (response.isCommitted()) {
            breakOff(error);
            return;
        }
        try {
            response.reset();
            Refusal.error(response, error.code().http(), error);
            response.flushBuffer();
            ByteSource body = request.getInputStream()::read;
            body.discard(MAX_DISCARD);
        } catch (IOException e) {
            breakOff(e); // nobody is left to be told
        }
    }

    /// Breaks the connection.
    public void breakOff(Throwable cause) {
        endPoint().close(cause);
    }

    /// The connection may serve the next request.
    @Override
    public void close() {
        endPoint().setIdleTimeout(idleBefore);
    }

    private Request core() {
        return ServletContextRequest.getServletContextRequest(request);
    }

    private EndPoint endPoint() {
        return core().getConnectionMetaData().getConnection().getEndPoint();
    }
}
