package dev.wrenn.cli.client;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The connection to a terminal: messages as events, one piece of output at a time. Thread-safe.
final class ShellSocket implements WebSocket.Listener, AutoCloseable {
    /// What comes from the server.
    @SuppressWarnings("ArrayRecordComponent") // handed over, never kept
    sealed interface Event {
        record Started(String tag) implements Event {}

        /// The next one comes after [ShellSocket#next()].
        record Output(byte[] data) implements Event {}

        record Exited(int code) implements Event {}

        record Fatal(String why) implements Event {}

        record Dropped(String why) implements Event {}
    }

    private static final String PONG = "{\"type\":\"pong\"}";

    private final BlockingQueue<Event> events;
    private final StringBuilder partial = new StringBuilder();
    private final Object sending = new Object();
    private volatile @Nullable WebSocket socket;

    private ShellSocket(BlockingQueue<Event> events) {
        this.events = events;
    }

    /// @throws CompletionException when there is no connection
    static ShellSocket open(Api api, String path, BlockingQueue<Event> events) {
        var listener = new ShellSocket(events);
        listener.socket =
                api.http()
                        .newWebSocketBuilder()
                        .connectTimeout(Duration.ofSeconds(10))
                        .header("X-API-Key", api.key())
                        .buildAsync(api.socket(path), listener)
                        .join();
        return listener;
    }

    /// Sends wait for each other: the socket takes one message at a time. What cannot be sent is a
    /// dropped connection.
    void send(JsonNode message) {
        send(message.toString());
    }

    private void send(String message) {
        var open = socket;
        if (open == null) return;
        synchronized (sending) {
            try {
                open.sendText(message, true).join();
            } catch (CompletionException e) {
                events.add(new Event.Dropped(words(e)));
            }
        }
    }

    /// Asks for the next piece of output.
    void next() {
        var open = socket;
        if (open != null) open.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        partial.append(data);
        if (!last) {
            from.request(1);
            return null;
        }
        var text = partial.toString();
        partial.setLength(0);
        try {
            take(from, JsonMapper.shared().readTree(text));
        } catch (JacksonException | IllegalArgumentException e) {
            events.add(new Event.Fatal("the server sent a message that is not understood"));
        }
        return null;
    }

    private void take(WebSocket from, JsonNode message) {
        var data = message.path("data").asString("");
        switch (message.path("type").asString("")) {
            case "output" -> {
                events.add(new Event.Output(Base64.getDecoder().decode(data)));
                return;
            }
            case "started" -> events.add(new Event.Started(message.path("tag").asString("")));
            case "exit" -> events.add(new Event.Exited(message.path("exit_code").asInt(1)));
            case "ping" -> Thread.ofVirtual().start(() -> send(PONG));
            case "error" -> {
                if (message.path("fatal").asBoolean(true)) events.add(new Event.Fatal(data));
            }
            default -> {} // whatever a newer server adds
        }
        from.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        events.add(new Event.Dropped(reason.isEmpty() ? "closed by the server" : reason));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        events.add(new Event.Dropped(words(error)));
    }

    private static String words(Throwable error) {
        var cause = error.getCause() == null ? error : error.getCause();
        var message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }

    @Override
    public void close() {
        var open = socket;
        if (open != null) open.abort();
    }
}
