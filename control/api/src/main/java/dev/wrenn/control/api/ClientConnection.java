package dev.wrenn.control.api;

import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.internal.HttpConnection;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/// A client's connection. Once requests to ports of capsules come over it, the next ones are
/// handled by the thread that reads them: passing one on waits for nothing, and a thread of its own
/// would cost as much as all the rest of it.
final class ClientConnection extends HttpConnection {
    private final Callback atOnce = new AtOnce();
    private volatile boolean swift;
    private volatile boolean lasting;
    private volatile PortProxy.@Nullable Recent recent;

    private ClientConnection(HttpConfiguration http, Connector connector, EndPoint endPoint) {
        super(http, connector, endPoint);
    }

    /// The connection of a request; null when it is another kind.
    static @Nullable ClientConnection of(Request request) {
        return request.getConnectionMetaData().getConnection() instanceof ClientConnection own
                ? own
                : null;
    }

    /// Whether the thread at work must not wait, as it reads for other clients, too.
    boolean isSwift() {
        return swift;
    }

    /// How the next requests are handled.
    void swift(boolean value) {
        swift = value;
    }

    /// While it lasts, a request may be silent for as long as it likes.
    void lasting(boolean value) {
        lasting = value;
    }

    PortProxy.@Nullable Recent recent() {
        return recent;
    }

    void recent(PortProxy.Recent value) {
        recent = value;
    }

    @Override
    public void fillInterested(Callback callback) {
        super.fillInterested(swift ? atOnce : callback);
    }

    @Override
    public boolean onIdleExpired(TimeoutException timeout) {
        return !lasting && super.onIdleExpired(timeout);
    }

    private final class AtOnce implements Callback {
        @Override
        public void succeeded() {
            onFillable();
        }

        @Override
        public void failed(Throwable cause) {
            onFillInterestedFailed(cause);
        }

        @Override
        public InvocationType getInvocationType() {
            return InvocationType.NON_BLOCKING;
        }
    }

    /// Makes them.
    static final class Factory extends HttpConnectionFactory {
        Factory(HttpConfiguration http) {
            super(http);
        }

        @Override
        public org.eclipse.jetty.io.Connection newConnection(
                Connector connector, EndPoint endPoint) {
            var connection = new ClientConnection(getHttpConfiguration(), connector, endPoint);
            connection.setTransferEncodingChunkMaxLength(getTransferEncodingChunkMaxLength());
            return configure(connection, connector, endPoint);
        }
    }
}
