package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Passes the one message of a VMM that connects to a path on to a pager that waits at a connected
/// socket: regions of memory, with the userfaultfd.
final class PagerRelay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PagerRelay.class);
    private static final int MOST_BYTES = 64 << 10; // as the pager's own
    private static final int MOST_DESCRIPTORS = 4;

    private final Path file;
    private final Fd listener;
    private final Thread thread;

    private PagerRelay(Path file, Fd listener, Fd session) {
        this.file = file;
        this.listener = listener;
        this.thread =
                Thread.ofPlatform()
                        .daemon()
                        .name("relay " + file)
                        .unstarted(() -> relay(listener, session));
    }

    /// Listens until it is closed.
    ///
    /// @param uid who may connect
    /// @param session stays the caller's
    static PagerRelay listen(Path file, int uid, Fd session) throws IOException {
        Files.deleteIfExists(file);
        var relay = new PagerRelay(file, UnixSockets.listen(file, 0600), session);
        try {
            FirecrackerFiles.give(file, uid);
        } catch (IOException e) {
            relay.listener.close();
            throw e;
        }
        relay.thread.start();
        return relay;
    }

    private static void relay(Fd listener, Fd session) {
        try (var vmm = UnixSockets.accept(listener)) {
            var message = UnixSockets.receive(vmm, MOST_BYTES, MOST_DESCRIPTORS);
            try {
                if (message.bytes().length > 0)
                    UnixSockets.send(session, message.bytes(), message.fds());
            } finally {
                message.fds().forEach(Fd::close);
            }
        } catch (ErrnoException | IllegalStateException e) {
            // closed before a VMM came, or the pager is gone: the load fails, and says so
            LOG.atDebug().setCause(e).log("no memory was handed over");
        }
    }

    @Override
    public void close() {
        try {
            UnixSockets.shutdown(listener); // whoever waits for a VMM waits no longer
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is about to end all the same
        } finally {
            listener.close();
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("file", file).setCause(e).log("socket is left");
        }
    }
}
