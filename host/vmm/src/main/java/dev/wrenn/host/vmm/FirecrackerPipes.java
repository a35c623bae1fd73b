package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What one Firecracker says: the guest's console, its own log, its metrics. Three named pipes that
/// it never waits for: what does not fit while nobody reads is lost to it, and a later life of the
/// agent reads on. One thread reads; any may ask.
final class FirecrackerPipes implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(FirecrackerPipes.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int CONSOLE_CHARS = 64 << 10;
    private static final int LOG_CHARS = 4 << 10;
    private static final int METRICS_CHARS = 256 << 10; // one line has some 20 KiB
    private static final int PIPE_BYTES = 64 << 10; // pipe(7)

    private final List<Fd> fds;
    private final List<Tail> tails =
            List.of(new Tail(CONSOLE_CHARS), new Tail(LOG_CHARS), new Tail(METRICS_CHARS));

    private FirecrackerPipes(List<Fd> fds) {
        this.fds = fds;
    }

    /// Open for reading and writing: reading never finds the end, and whoever opens one for writing
    /// finds a reader.
    static FirecrackerPipes open(FirecrackerFiles files) {
        var console = open(files.console());
        try {
            var log = open(files.log());
            try {
                return new FirecrackerPipes(List.of(console, log, open(files.metrics())));
            } catch (RuntimeException e) {
                log.close();
                throw e;
            }
        } catch (RuntimeException e) {
            console.close();
            throw e;
        }
    }

    /// One end of a pipe, for reading and for a standard output that never blocks.
    static Fd open(Path pipe) {
        return Posix.open(pipe, Posix.O_RDWR | Posix.O_NONBLOCK);
    }

    /// To wait for.
    List<Fd> fds() {
        return fds;
    }

    /// Reads what is there in one of [#fds()].
    void read(int index) {
        var buffer = new byte[PIPE_BYTES];
        try {
            int length = Posix.read(fds.get(index), buffer);
            tails.get(index).append(new String(buffer, 0, length, StandardCharsets.UTF_8));
        } catch (ErrnoException e) {
            if (e.errno() != ErrnoException.EAGAIN)
                LOGGER.atDebug().setCause(e).log("pipe of a VMM cannot be read");
        }
    }

    /// The end of what the guest printed.
    String console() {
        return tails.get(0).append("");
    }

    /// The end of Firecracker's log.
    String log() {
        return tails.get(1).append("");
    }

    /// The newest metrics; missing before the first.
    JsonNode metrics() {
        var lines = tails.get(2).append("").lines().toList();
        for (var line : lines.reversed()) {
            try {
                return JSON.readTree(line);
            } catch (JacksonException e) {
                // the first line of what was kept, or one that is still coming
            }
        }
        return JSON.missingNode();
    }

    @Override
    public void close() {
        fds.forEach(Fd::close);
    }
}
