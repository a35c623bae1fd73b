package dev.wrenn.control.server;

import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A client of a WebSocket that holds every message against the contract.
final class ExecProbe implements WebSocket.Listener, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder partial = new StringBuilder();
    private final String schema;
    private WebSocket socket;

    private ExecProbe(String schema) {
        this.schema = schema;
    }

    static ExecProbe open(URI uri, String key) {
        return open(uri, key, "ExecServerMessage");
    }

    /// @param schema of what the server sends
    static ExecProbe open(URI uri, String key, String schema) {
        var probe = new ExecProbe(schema);
        var builder = ApiProbe.HTTP.newWebSocketBuilder().connectTimeout(PATIENCE);
        if (!key.isEmpty()) builder.header("X-API-Key", key);
        probe.socket = builder.buildAsync(uri, probe).join();
        return probe;
    }

    /// @return the status that refused the upgrade
    static int refused(URI uri, String key) {
        try {
            open(uri, key).close();
            return 101;
        } catch (CompletionException e) {
            return ((WebSocketHandshakeException) e.getCause()).getResponse().statusCode();
        }
    }

    ExecProbe send(String message) {
        try {
            socket.sendText(message, true).join();
        } catch (CompletionException e) {
            // the server may have closed already; what it said is what counts
        }
        return this;
    }

    JsonNode next() throws InterruptedException {
        var text = messages.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (text == null) throw new AssertionError("no message");
        var json = JsonMapper.shared().readTree(text);
        ContractCheck.validate(schema, json);
        return json;
    }

    /// Everything up to exit or error.
    List<JsonNode> all() throws InterruptedException {
        var all = new ArrayList<JsonNode>();
        while (true) {
            var message = next();
            all.add(message);
            var type = message.path("type").asString();
            if (type.equals("exit") || type.equals("error")) return all;
        }
    }

    int closeCode() throws Exception {
        return closed.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            messages.add(partial.toString());
            partial.setLength(0);
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket webSocket, int code, String reason) {
        closed.complete(code);
        return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        closed.completeExceptionally(error);
    }

    /// Says that it leaves and waits for the answer. What it sent before has arrived then; a
    /// connection that is cut off instead takes with it what the other side had not read yet.
    void leave() throws Exception {
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        closeCode();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
