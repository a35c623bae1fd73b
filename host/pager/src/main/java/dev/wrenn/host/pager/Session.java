package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.PageSource;
import dev.wrenn.host.memory.RamRegion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One VM being served: from its handshake (or its take-over) to its end.
final class Session {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final int RECORDED_CLUSTERS = 1 << 13; // 512 MiB, some 0.3 s of copying

    private final String id;
    private final LoadedImage image;
    private final Fd hangup;
    private final VerifiedPages verified;
    private final Path hints;
    private final long zeros;
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private volatile int vmm;

    /// @param hangup ends when the VMM does: its handshake socket, or a pidfd after a take-over
    /// @param hints directory of the working set
    Session(
            String id,
            LoadedImage image,
            Path hints,
            Fd hangup,
            VerifiedPages verified,
            long zeros) {
        this.id = id;
        this.image = image;
        this.hints = hints;
        this.hangup = hangup;
        this.verified = verified;
        this.zeros = zeros;
    }

    String id() {
        return id;
    }

    LoadedImage image() {
        return image;
    }

    Path hints() {
        return hints;
    }

    /// Says which process to stop when its memory cannot be served.
    void vmm(int pid) {
        vmm = pid;
    }

    /// Serves until the VM ends, on the caller's platform thread.
    ///
    /// @param wakeFirst after a take-over: whoever waits for a fault that the last pager had read
    /// @return why serving failed, in words; null after a normal end
    @Nullable String serve(List<RamRegion> regions, Fd userfault, boolean wakeFirst) {
        try (var source = PageSource.open(image)) {
            var pages = new GuestPages(regions, source, verified, zeros);
            var known = WorkingSet.load(hints, image.index().size() / MemoryIndex.BLOCK);
            var recorder = new WorkingSet.Recorder(wakeFirst ? 0 : RECORDED_CLUSTERS);
            var loop = new FaultLoop(userfault, hangup, pages, recorder);
            var prefetch = new Prefetch(userfault, pages, known);
            var ahead =
                    Thread.ofPlatform().name("prefetch-" + id).start(() -> guard(prefetch::run));
            if (wakeFirst) Takeover.wake(userfault, regions);
            guard(loop::run);
            prefetch.stop();
            join(ahead);
            recorder.save(hints, known);
            LOG.atInfo()
                    .addKeyValue("capsule", id)
                    .addKeyValue("faults", loop.faults())
                    .addKeyValue("faultsInFirstSecond", loop.firstSecond())
                    .addKeyValue("clustersPrefetched", prefetch.done())
                    .addKeyValue("clustersOfWorkingSet", known.length)
                    .log("pages served");
        } catch (IOException e) {
            fail("the image cannot be read: " + e.getMessage());
        }
        return failure.get();
    }

    private interface Work {
        void run() throws CorruptImageException;
    }

    /// A page that cannot be served must not leave a guest waiting for ever: the VMM is stopped.
    private void guard(Work work) {
        try {
            work.run();
        } catch (CorruptImageException e) {
            fail("the memory image is corrupt: " + e.getMessage());
        } catch (ErrnoException | IllegalStateException | InternalError e) {
            fail("a page could not be served: " + e.getMessage()); // InternalError: truncated file
        }
    }

    private void fail(String cause) {
        if (!failure.compareAndSet(null, cause)) return;
        LOG.atError().addKeyValue("capsule", id).addKeyValue("cause", cause).log("VM stopped");
        int pid = vmm;
        if (pid == 0) return;
        try (var process = Pidfd.open(pid)) {
            process.signal(Pidfd.SIGKILL);
        } catch (ErrnoException e) {
            if (e.errno() != ErrnoException.ESRCH) throw e;
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
