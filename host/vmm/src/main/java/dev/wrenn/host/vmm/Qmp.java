package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.Posix;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
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
/// Machine Protocol specification). QEMU serves one connection at a time. Thread-safe.
final class Qmp implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MOST_LINE = 4 << 20;

    private final SocketChannel channel;
    private final Duration limit;
    private final Consumer<JsonNode> events;
    private final Runnable onEnd;
    private final AtomicLong ids = new AtomicLong();
    private final Map<Long, CompletableFuture<JsonNode>> waiting = new ConcurrentHashMap<>();
    private final CompletableFuture<JsonNode> greeting = new CompletableFuture<>();
    private volatile boolean agreed;
    private final Object sending = new Object();

    private Qmp(SocketChannel channel, Duration limit, Consumer<JsonNode> events, Runnable onEnd) {
        this.channel = channel;
        this.limit = limit;
        this.events = events;
        this.onEnd = onEnd;
    }

    /// Connects and agrees on the protocol.
    ///
    /// @param start limit for QEMU's first words
    /// @param limit for each command later
    /// @param events each event, on the reading thread: must not block and not call back
    /// @param onEnd called once when an agreed connection has ended, on the reading thread
    /// @throws VmmException when there is no answer, or the connection ends
    static Qmp connect(
            Path socket,
            Duration start,
            Duration limit,
            Consumer<JsonNode> events,
            Runnable onEnd) {
        var qmp = new Qmp(open(socket), limit, events, onEnd);
        try {
            Thread.ofVirtual().name("qmp " + socket).start(qmp::read);
            qmp.await(qmp.greeting, "greeting", start);
            qmp.execute("qmp_capabilities", Map.of());
            qmp.agreed = true;
            return qmp;
        } catch (RuntimeException e) {
            qmp.close();
            throw e;
        }
    }

    /// The address names the file through a descriptor of its directory: no limit on the path's
    /// length.
    private static SocketChannel open(Path socket) {
        var parent = socket.toAbsolutePath().getParent();
        if (parent == null) throw new IllegalArgumentException("not a socket path: " + socket);
        try (var directory = Posix.open(parent, Posix.O_PATH | Posix.O_DIRECTORY)) {
            var name = Path.of("/proc/self/fd/" + directory.number()).resolve(socket.getFileName());
            return SocketChannel.open(UnixDomainSocketAddress.of(name));
        } catch (IOException e) {
            throw new VmmException("control socket " + socket + ": " + e.getMessage(), e);
        }
    }

    /// Runs a command and waits for its result.
    ///
    /// @throws VmmException with QEMU's words, or when it does not answer in time
    JsonNode execute(String command, Map<String, ?> arguments) {
        long id = ids.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        waiting.put(id, answer);
        try {
            var request = new LinkedHashMap<String, Object>();
            request.put("execute", command);
            if (!arguments.isEmpty()) request.put("arguments", arguments);
            request.put("id", id);
            var line = JSON.writeValueAsString(request) + "\n";
            var bytes = ByteBuffer.wrap(line.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            send(bytes);
            var result = await(answer, command, limit);
            var error = result.path("error");
            if (!error.isMissingNode())
                throw new VmmException(command + ": " + error.path("desc").asString("failed"));
            return result.path("return");
        } catch (IOException e) {
            throw new VmmException(command + ": control connection lost", e);
        } finally {
            waiting.remove(id);
        }
    }

    /// An interrupt would close the channel under all its users: it is kept back meanwhile.
    private void send(ByteBuffer bytes) throws IOException {
        boolean interrupted = Thread.interrupted();
        try {
            synchronized (sending) {
                while (bytes.hasRemaining()) channel.write(bytes);
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /// True until QEMU or [#close()] ended the connection.
    boolean isOpen() {
        return channel.isOpen();
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

    private void read() {
        var buffer = ByteBuffer.allocate(16 << 10);
        var line = new ByteArrayOutputStream();
        @Nullable Exception end = null;
        try {
            while (channel.read(buffer.clear()) >= 0) {
                for (buffer.flip(); buffer.hasRemaining(); ) {
                    byte next = buffer.get();
                    if (next != '\n') line.write(next);
                    else {
                        if (line.size() > 1) dispatch(JSON.readTree(line.toByteArray()));
                        line.reset();
                    }
                    if (line.size() > MOST_LINE) throw new IOException("line too long");
                }
            }
        } catch (IOException | JacksonException e) {
            end = e;
        } finally {
            close();
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

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new VmmException("control connection could not be closed", e);
        }
    }
}
