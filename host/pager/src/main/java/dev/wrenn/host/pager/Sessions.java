package dev.wrenn.host.pager;

import dev.wrenn.host.linux.Descriptors;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.ProcStat;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemoryIndex;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// All VMs this pager serves, and their durable records. Thread-safe.
public final class Sessions {
    private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
    private static final String USERFAULT = "anon_inode:[userfaultfd]";

    /// A cluster of zeros to copy from.
    static final long ZEROS =
            Arena.global()
                    .allocate((long) FaultLoop.CLUSTER * MemoryIndex.BLOCK, MemoryIndex.BLOCK)
                    .address();

    private final VerifiedPages.PerImage verified = new VerifiedPages.PerImage();
    private final Path images;
    private final Path records;
    private final AtomicInteger serving = new AtomicInteger();

    /// @param data the host's data directory: images lie below it, records in `pager/`
    public Sessions(Path data) throws IOException {
        this.images = data.toRealPath();
        this.records = data.resolve("pager");
        Files.createDirectories(records);
    }

    /// VMs being served now.
    public int serving() {
        return serving.get();
    }

    /// Reads the image of a new session.
    ///
    /// @throws IOException also when the image is not below the data directory
    LoadedImage image(String path) throws IOException, CorruptImageException {
        return ImageStore.load(inside(path));
    }

    /// A directory below the data directory.
    ///
    /// @throws IOException when it is not there, or elsewhere
    Path inside(String path) throws IOException {
        var directory = Path.of(path).toRealPath();
        if (!directory.startsWith(images))
            throw new IOException("a path outside of the data directory");
        return directory;
    }

    /// Waits for the VMM's handshake on `socket` and serves it to its end, on this platform thread.
    ///
    /// @param hints where the working set is kept
    /// @param vmm the VMM's pid when the agent knows it; 0 or less when nobody will say
    /// @return why it failed, in words; null after a normal end
    @Nullable String serve(
            String id, LoadedImage image, Path hints, Fd socket, CompletableFuture<Integer> vmm) {
        serving.incrementAndGet();
        try {
            var handshake = Handshake.receive(socket);
            try (var userfault = handshake.userfault()) {
                var session = new Session(id, image, hints, socket, verified.of(image), ZEROS);
                var record =
                        Thread.ofPlatform()
                                .name("record-" + id)
                                .start(() -> record(session, handshake, vmm.join()));
                var failure = session.serve(handshake.regions(), userfault, false);
                vmm.complete(0); // a VM that ended before it was named needs no record
                join(record);
                return failure;
            }
        } catch (IOException e) {
            return "the image cannot be read: " + e.getMessage();
        } catch (Handshake.HandshakeException e) {
            return "the VMM's handshake failed: " + e.getMessage();
        } finally {
            serving.decrementAndGet();
            forget(id);
        }
    }

    private void record(Session session, Handshake handshake, int pid) {
        if (pid <= 0) return;
        session.vmm(pid);
        try {
            var stat = ProcStat.read(pid);
            var numbers = Descriptors.numbers(pid, USERFAULT);
            if (stat.isEmpty() || numbers.isEmpty()) return; // gone already
            new SessionRecord(
                            session.id(),
                            pid,
                            stat.get().startTicks(),
                            numbers.getFirst(),
                            handshake.regions(),
                            session.image().directory().toString(),
                            session.hints().toString())
                    .write(records);
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", session.id())
                    .setCause(e)
                    .log("session not recorded");
        }
    }

    /// Takes over every VM that an earlier pager served. VMs that cannot be served are stopped.
    ///
    /// @return how many are served again
    public int takeOver() throws IOException {
        int taken = 0;
        for (var record : SessionRecord.all(records)) {
            var userfault = Takeover.userfault(record);
            if (userfault.isEmpty()) {
                forget(record.id());
                continue;
            }
            taken++;
            Thread.ofPlatform()
                    .name("pages-" + record.id())
                    .start(() -> serveAgain(record, userfault.get()));
        }
        return taken;
    }

    private void serveAgain(SessionRecord record, Fd userfault) {
        serving.incrementAndGet();
        try (userfault;
                var process = Pidfd.open(record.pid());
                var end = Descriptors.process(record.pid())) {
            try {
                var session = resumed(record, end);
                session.vmm(record.pid());
                session.serve(record.regions(), userfault, true);
            } catch (IOException | CorruptImageException e) {
                LOG.atError()
                        .addKeyValue("capsule", record.id())
                        .setCause(e)
                        .log("image lost, VM stopped");
                process.signal(Pidfd.SIGKILL);
            }
        } catch (ErrnoException e) {
            if (e.errno() != ErrnoException.ESRCH) throw e; // the VM ended meanwhile
        } finally {
            serving.decrementAndGet();
            forget(record.id());
        }
    }

    private Session resumed(SessionRecord record, Fd end)
            throws IOException, CorruptImageException {
        var image = image(record.image());
        return new Session(
                record.id(), image, Path.of(record.hints()), end, verified.of(image), ZEROS);
    }

    private void forget(String id) {
        try {
            SessionRecord.delete(records, id);
        } catch (IOException e) {
            LOG.atWarn().addKeyValue("capsule", id).setCause(e).log("record not removed");
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
