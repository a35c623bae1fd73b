package dev.wrenn.bench;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A WebSocket of the public API: a terminal or the stream of a command. Messages are kept until
/// they are taken, or only counted.
final class LiveSocket implements WebSocket.Listener, AutoCloseable {
    private static final int LIMIT_SECONDS = 60;

    private final boolean counting;
    private final AtomicLong count = new AtomicLong();
    private final LinkedBlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();
    private final WebSocket socket;

    private LiveSocket(HttpClient client, URI address, String key, boolean counting) {
        this.counting = counting;
        socket =
                client.newWebSocketBuilder()
                        .header("X-API-Key", key)
                        .buildAsync(address, this)
                        .join();
    }

    /// @param first the message that says what is wanted
    static LiveSocket keeping(HttpClient client, URI address, String key, JsonNode first) {
        var socket = new LiveSocket(client, address, key, false);
        socket.send(first);
        return socket;
    }

    /// One whose messages are counted and dropped; returns when the first one is there.
    static LiveSocket counting(HttpClient client, URI address, String key, JsonNode first) {
        var socket = new LiveSocket(client, address, key, true);
        socket.send(first);
        var started = socket.next();
        if (!started.path("type").asString().equals("start"))
            throw new BenchException("stream: " + started);
        return socket;
    }

    void send(JsonNode message) {
        socket.sendText(message.toString(), true).join();
    }

    /// The next message that was kept.
    JsonNode next() {
        try {
            var message = messages.poll(LIMIT_SECONDS, TimeUnit.SECONDS);
            if (message == null) throw new BenchException("no message in " + LIMIT_SECONDS + " s");
            return message;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for a message", e);
        }
    }

    /// How many messages came.
    long count() {
        return count.get();
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        boolean first = count.get() == 0;
        if (!counting || first) part.append(data);
        if (last) {
            count.incrementAndGet();
            if (!part.isEmpty()) messages.add(JsonMapper.shared().readTree(part.toString()));
            part.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public void close() {
        socket.abort();
    }
}
