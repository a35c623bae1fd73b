package dev.wrenn.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.CommandFailure;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// One command over the exec/stream socket: its output to ours, our input to it, byte for byte.
///
/// Back-pressure on both sides: the next message is asked for when the last one is written, the
/// next input is read when the last one is sent. Used once, by one thread.
final class ExecSession implements WebSocket.Listener {
    /// As base64 in JSON this stays well below the 64 KiB that servers allow a message.
    private static final int INPUT_CHUNK = 32 * 1024;

    /// SIGTERM, 5 s, SIGKILL happen on the other side; then the exit message comes.
    private static final Duration STOP_LIMIT = Duration.ofSeconds(8);

    /// With 127 or 126, which a shell would have explained.
    private static final String NOT_STARTED =
            "wrenn: no such program in the capsule, or it cannot be executed\n";

    private static final String STOP = "{\"type\":\"stop\"}";

    private final Api api;
    private final String capsule;
    private final ObjectNode start;
    private final @Nullable InputStream input;
    private final OutputStream out = new FileOutputStream(FileDescriptor.out);
    private final OutputStream err = new FileOutputStream(FileDescriptor.err);
    private final StringBuilder partial = new StringBuilder();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();
    private final Object sending = new Object();
    private boolean started; // only the socket's thread

    /// @param capsule its route
    /// @param input null: the command gets no input
    ExecSession(Api api, String capsule, ObjectNode start, @Nullable InputStream input) {
        this.api = api;
        this.capsule = capsule;
        this.start = start;
        this.input = input;
    }

    /// @return the command's exit code
    /// @throws CommandFailure when it could not be run or the connection broke
    int run() {
        var socket = connect();
        send(socket, start.toString());
        var interrupted = new Thread(() -> stopOnSignal(socket), "stop");
        Runtime.getRuntime().addShutdownHook(interrupted);
        if (input != null)
            Thread.ofPlatform().daemon().name("input").start(() -> pump(socket, input));
        try {
            return exit.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof CommandFailure failure) throw failure;
            throw api.unreachable(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        } finally {
            socket.abort();
        }
    }

    private WebSocket connect() {
        try {
            return api.http()
                    .newWebSocketBuilder()
                    .connectTimeout(Duration.ofSeconds(10))
                    .header("X-API-Key", api.key())
                    .buildAsync(api.socket(capsule + "/exec/stream"), this)
                    .join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                api.get(capsule); // the handshake's answer has no body: this one says why
                throw Api.refused(refused.getResponse().statusCode(), "");
            }
            throw api.unreachable(e.getCause() == null ? e : e.getCause());
        }
    }

    /// Sends wait for each other: the socket takes one message at a time.
    private void send(WebSocket socket, String message) {
        synchronized (sending) {
            try {
                socket.sendText(message, true).join();
            } catch (CompletionException e) {
                exit.completeExceptionally(
                        api.unreachable(e.getCause() == null ? e : e.getCause()));
            }
        }
    }

    private void pump(WebSocket socket, InputStream from) {
        var chunk = new byte[INPUT_CHUNK];
        try {
            for (int n = from.read(chunk); n >= 0; n = from.read(chunk)) {
                var data = Base64.getEncoder().encodeToString(Arrays.copyOf(chunk, n));
                send(socket, "{\"type\":\"stdin\",\"data\":\"" + data + "\"}");
                if (exit.isDone()) return;
            }
        } catch (IOException e) {
            // an input that cannot be read any further is an ended input
        }
        if (!exit.isDone()) send(socket, "{\"type\":\"stdin_close\"}");
    }

    /// Runs as a shutdown hook: on a signal the command is stopped and its code is ours.
    private void stopOnSignal(WebSocket socket) {
        if (exit.isDone()) return;
        int code = 130; // 128 + SIGINT, as a shell says it
        try {
            socket.sendText(STOP, true).get(1, TimeUnit.SECONDS);
            code = exit.get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException
                | ExecutionException
                | TimeoutException
                | IllegalStateException e) {
            socket.abort();
        }
        Runtime.getRuntime().halt(code);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        partial.append(data);
        if (last) {
            var message = partial.toString();
            partial.setLength(0);
            try {
                take(JsonMapper.shared().readTree(message));
            } catch (IOException e) {
                socket.sendText(STOP, true);
                exit.completeExceptionally(
                        new CommandFailure("cannot write the output: " + e.getMessage(), e));
            } catch (JacksonException | IllegalArgumentException e) {
                exit.completeExceptionally(
                        new CommandFailure("the server sent a message that is not understood", e));
            }
        }
        socket.request(1);
        return null;
    }

    private void take(JsonNode message) throws IOException {
        var data = message.path("data").asString("");
        switch (message.path("type").asString("")) {
            case "stdout" -> out.write(Base64.getDecoder().decode(data));
            case "stderr" -> {
                started = true; // a failed start says itself why
                err.write(Base64.getDecoder().decode(data));
            }
            case "start" -> started = true;
            case "exit" -> {
                int code = message.path("exit_code").asInt(CommandFailure.NOT_RUN);
                if (!started) err.write(NOT_STARTED.getBytes(UTF_8));
                exit.complete(code);
            }
            case "error" -> exit.completeExceptionally(new CommandFailure(data));
            default -> {} // whatever a newer server adds
        }
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        exit.completeExceptionally(
                new CommandFailure(
                        "the server closed the stream before the command ended"
                                + (reason.isEmpty() ? "" : ": " + reason)));
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
        exit.completeExceptionally(api.unreachable(error));
    }
}
