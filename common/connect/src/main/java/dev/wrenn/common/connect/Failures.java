package dev.wrenn.common.connect;

import java.io.EOFException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import org.eclipse.jetty.client.HttpResponseException;
import org.eclipse.jetty.client.Request;

/// What a failed HTTP exchange means for the call.
final class Failures {
    private Failures() {}

    static ConnectException of(Request request, Throwable cause) {
        for (Throwable t = cause; t != null; t = t.getCause())
            if (t instanceof ConnectException known) return known; // our own abort
        var peer = request.getHost() + ":" + request.getPort();
        if (cause instanceof RejectedExecutionException)
            return new ConnectException(
                    Code.RESOURCE_EXHAUSTED,
                    peer + ": too many calls wait for a connection",
                    cause);
        return new ConnectException(Code.UNAVAILABLE, peer + ": " + text(cause), cause);
    }

    /// In words; the HTTP client's own messages for some of these describe its insides.
    private static String text(Throwable cause) {
        if (cause instanceof EOFException || cause instanceof ClosedChannelException)
            return "the peer closed the connection";
        if (cause instanceof HttpResponseException) return "the answer is not HTTP";
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
