package dev.wrenn.control.api;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.common.WebSocketSession;
import org.eclipse.jetty.websocket.core.WebSocketCoreSession;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A WebSocket that carries JSON objects, and has one close. Thread-safe; messages of one thread
/// keep their order.
final class JsonSocket {
    private static final Logger LOG = LoggerFactory.getLogger(JsonSocket.class);

    static final int NORMAL = 1000; // RFC 6455, 7.4.1, as the next two
    static final int GOING_AWAY = 1001;
    static final int POLICY = 1008;

    private final Session session;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicBoolean late = new AtomicBoolean(); // an unawaited message is on its way

    JsonSocket(Session session) {
        this.session = session;
    }

    /// A message of this type; more fields in pairs of name and value.
    static Map<String, Object> message(String type, Object... fields) {
        var message = new LinkedHashMap<String, Object>();
        message.put("type", type);
        for (int i = 0; i < fields.length; i += 2) message.put((String) fields[i], fields[i + 1]);
        return message;
    }

    /// Waits until the message is on its way; a slow client is waited for.
    ///
    /// @throws SocketGone when the client cannot be reached, or this thread is interrupted
    void send(Map<String, Object> message) {
        var text = Json.text(message);
        try {
            Callback.Completable.with(done -> session.sendText(text, done)).get();
        } catch (ExecutionException e) {
            throw new SocketGone(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SocketGone(e);
        }
    }

    /// Like [#send], for the last words to a client that may be gone.
    void trySend(Map<String, Object> message) {
        try {
            send(message);
        } catch (SocketGone e) {
            LOG.atDebug().log("client left before the error");
        }
    }

    /// Does not wait; forgets the message while an earlier one of this kind has not left.
    void sendLater(Map<String, Object> message) {
        if (closed.get() || !late.compareAndSet(false, true)) return;
        session.sendText(
                Json.text(message), Callback.from(() -> late.set(false), _ -> late.set(false)));
    }

    /// Bytes that the client has sent in frames of any kind, pings and pongs included.
    long received() {
        return session instanceof WebSocketSession known
                        && known.getCoreSession() instanceof WebSocketCoreSession core
                        && core.getConnection() != null
                ? core.getConnection().getBytesIn()
                : 0;
    }

    boolean isClosed() {
        return closed.get();
    }

    /// The client is gone already.
    void closed() {
        closed.set(true);
    }

    /// The first close counts.
    void close(int code, String reason) {
        if (closed.compareAndSet(false, true)) session.close(code, reason, Callback.NOOP);
    }

    /// Does not wait for the client's close frame.
    void disconnect() {
        session.disconnect();
    }

    /// The client cannot be reached any more.
    static final class SocketGone extends RuntimeException {
        private static final long serialVersionUID = 1L;

        SocketGone(Throwable cause) {
            super("socket gone", cause);
        }
    }
}
