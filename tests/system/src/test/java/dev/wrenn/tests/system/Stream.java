package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The client's end of an exec stream. It takes a message from the socket only when the test asks
/// for one, so that a test can be a slow reader.
final class Stream implements WebSocket.Listener, AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final LinkedBlockingQueue<Object> events = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Nullable WebSocket socket;

    private record Closed(int code) {}

    @Override
    public void onOpen(WebSocket opened) {
        // The first message is asked for by next().
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        part.append(data);
        if (last) {
            events.add(JsonMapper.shared().readTree(part.toString()));
            part.setLength(0);
        } else {
            from.request(1);
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        events.add(new Closed(code));
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
        events.add(error);
    }

    void send(JsonNode message) {
        socket().sendText(message.toString(), true).join();
    }

    /// Sends the start message of a command.
    Stream start(String program, String... arguments) {
        send(Api.command(program, arguments).put("type", "start"));
        return this;
    }

    /// The next message.
    JsonNode next() {
        return switch (event()) {
            case JsonNode message -> message;
            case Object other -> throw new AssertionError("not a message: " + other);
        };
    }

    /// The next message must have this type.
    JsonNode next(String type) {
        var message = next();
        assertThat(message.path("type").asString()).as("%s", message).isEqualTo(type);
        return message;
    }

    /// Messages up to and including the one of this type.
    List<JsonNode> until(String type) {
        var all = new ArrayList<JsonNode>();
        do {
            all.add(next());
        } while (!all.getLast().path("type").asString().equals(type));
        return all;
    }

    /// As [#until(String)], where a message may take this long.
    List<JsonNode> until(String type, Duration limit) {
        var all = new ArrayList<JsonNode>();
        do {
            all.add(
                    switch (event(limit)) {
                        case JsonNode message -> message;
                        case Object other -> throw new AssertionError("not a message: " + other);
                    });
        } while (!all.getLast().path("type").asString().equals(type));
        return all;
    }

    /// Waits for the server's close frame; messages before it are a failure.
    ///
    /// @return its code
    int closed() {
        return switch (event()) {
            case Closed(var code) -> code;
            case Object other -> throw new AssertionError("not a close frame: " + other);
        };
    }

    /// Data of all messages of one type, joined.
    static String data(List<JsonNode> messages, String type) {
        var text = new StringBuilder();
        for (var m : messages) {
            if (m.path("type").asString().equals(type)) text.append(m.path("data").asString());
        }
        return text.toString();
    }

    private Object event() {
        return event(LIMIT);
    }

    private Object event(Duration limit) {
        if (events.isEmpty()) socket().request(1);
        try {
            var event = events.poll(limit.toSeconds(), TimeUnit.SECONDS);
            if (event == null) throw new AssertionError("no message in " + limit);
            return event;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private WebSocket socket() {
        if (socket == null) throw new IllegalStateException("not connected");
        return socket;
    }

    /// Hangs up without a word.
    @Override
    public void close() {
        socket().abort();
    }
}
