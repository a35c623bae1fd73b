package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A connection to QEMU's control socket: JSON lines, commands with ids, events between them (QEMU
/// Machine Protocol specification); descriptors travel with commands. QEMU serves one connection at
/// a time. Thread-safe; a platform thread reads.
final class Qmp implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MOST_LINE = 4 << 20;
    private static final int BUFFER = 16 << 10;

    private final Fd socket;
    private final Duration limit;
    private final Consumer<JsonNode> events;
    private final Runnable onEnd;
    private final Thread reader;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
    private volatile boolean agreed;
    private volatile boolean open = true;
    private final Object sending = new Object(); // first of the two, when both are taken
    private final Object closing = new Object();

    private Qmp(Path path, Fd socket, Duration limit, Consumer<JsonNode> events, Runnable onEnd) {
        this.socket = socket;
        this.limit = limit;
        this.events = events;
        this.onEnd = onEnd;
        this.reader = Thread.ofPlatform().daemon().name("qmp " + path).unstarted(this::read);
    }

    /// Connects and agrees on the protocol.
    ///
    /// @param start limit for QEMU's first words
    /// @param limit for each command later
    /// @param events each event, on the reading thread: must not block and not call back
    /// @param onEnd called once when an agreed connection has ended, on the reading thread: must
    ///   not block
    /// @throws VmmException when there is no answer, or the connection ends
    static Qmp connect(
            Path socket,
            Duration start,
            Duration limit,
            Consumer<JsonNode> events,
            Runnable onEnd) {
        var qmp = new Qmp(socket, open(socket), limit, events, onEnd);
        qmp.reader.start();
        try {
            qmp.await(qmp.greeting, "greeting", start);
            qmp.execute("qmp_capabilities", Map.of());
            qmp.agreed = true;
            return qmp;
        } catch (RuntimeException e) {
            qmp.close();
            throw e;
        }
    }

    private static Fd open(Path socket) {
        try {
            return UnixSockets.connect(socket);
        } catch (ErrnoException e) {
            throw new VmmException("control socket " + socket + ": " + e.getMessage(), e);
        }
    }

    /// Runs a command and waits for its result.
    ///
    /// @throws VmmException with QEMU's words, or when it does not answer in time
    JsonNode execute(String command, Map<String, ?> arguments) {
        return execute(command, arguments, List.of());
    }

    /// Runs a command that takes descriptors; they remain the caller's to close.
    ///
    /// @throws VmmException with QEMU's words, or when it does not answer in time
    JsonNode execute(String command, Map<String, ?> arguments, List<Fd> fds) {
        long id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        waiting.put(id, answer);
        try {
            var request = new LinkedHashMap<String, Object>();
            request.put("execute", command);
            if (!arguments.isEmpty()) request.put("arguments", arguments);
            request.put("id", id);
            var line = JSON.writeValueAsString(request) + "\n";
            send(command, line.getBytes(StandardCharsets.UTF_8), fds);
            var result = await(answer, command, limit);
            var error = result.path("error");
            if (!error.isMissingNode())
                throw new VmmException(command + ": " + error.path("desc").asString("failed"));
            return result.path("return");
        } finally {
            waiting.remove(id);
        }
    }

    private void send(String command, byte[] line, List<Fd> fds) {
        synchronized (sending) {
            if (!open) throw new VmmException(command + ": control connection lost");
            try {
                UnixSockets.send(socket, line, fds);
            } catch (ErrnoException e) {
                throw new VmmException(command + ": control connection lost", e);
            }
        }
    }

    /// True until QEMU or [#close()] ended the connection.
    boolean isOpen() {
        return open;
    }

    private JsonNode await(CompletableFuture<JsonNode> answer, String what, Duration limit) {
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new VmmException(what + ": no answer within " + limit.toMillis() + " ms", e);
        } catch (ExecutionException e) {
            throw new VmmException(what + ": control connection lost", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException(what + ": interrupted", e);
        }
    }

    /// Body of the reading thread, which closes the descriptor: nobody else may, as long as it
    /// reads.
    private void read() {
        var line = new ByteArrayOutputStream();
        @Nullable Exception end = null;
        try {
            byte[] bytes;
            while ((bytes = UnixSockets.receive(socket, BUFFER, 0).bytes()).length > 0) {
                for (byte next : bytes) {
                    if (next != '\n') line.write(next);
                    else {
                        if (line.size() > 1) dispatch(JSON.readTree(line.toByteArray()));
                        line.reset();
                    }
                }
                if (line.size() > MOST_LINE) throw new IOException("line too long");
            }
        } catch (ErrnoException | IllegalStateException | IOException | JacksonException e) {
            end = e;
        } finally {
            shutDown();
            synchronized (sending) {
                synchronized (closing) {
                    socket.close();
                }
            }
            var lost = end == null ? new IOException("end of stream") : end;
            greeting.completeExceptionally(lost);
            waiting.values().forEach(answer -> answer.completeExceptionally(lost));
            if (agreed) onEnd.run();
        }
    }

    private void dispatch(JsonNode message) {
        if (message.has("QMP")) greeting.complete(message);
        else if (message.has("event")) events.accept(message);
        else {
            var answer = waiting.remove(message.path("id").asLong(-1));
            if (answer != null) answer.complete(message);
        }
    }

    private void shutDown() {
        open = false;
        synchronized (closing) {
            if (socket.isOpen()) UnixSockets.shutdown(socket);
        }
    }

    /// Ends the connection and waits until its descriptor is closed.
    @Override
    public void close() {
        shutDown();
        if (Thread.currentThread() == reader) return;
        try {
            reader.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is about to end all the same
        }
    }
}
