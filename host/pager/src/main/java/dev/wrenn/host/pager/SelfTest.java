package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.LazyMemory;
import dev.wrenn.host.linux.PageScan;
import dev.wrenn.host.linux.ProcessMemory;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.Mapping;
import dev.wrenn.host.memory.MemoryIndex;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.PageSource;
import dev.wrenn.host.memory.RamRegion;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pager serving a memory of its own before it serves a VM's: the first fault of a fresh JVM
/// takes 100 times as long as the ten-thousandth, and no guest should be the one that waits.
final class SelfTest {
    private static final Logger LOG = LoggerFactory.getLogger(SelfTest.class);
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final long CLUSTER_BYTES = (long) FaultLoop.CLUSTER * PAGE;
    private static final int PART_BYTES = 1 << 20; // stored once and mapped many times
    private static final int REPEATS = 63; // and one of zeros: 64 MiB

    // A method is handed to the second compiler after 5,000 calls (Tier4InvocationThreshold); then
    // it depends on the machine when it is done.
    private static final int LEAST_ROUNDS = 6; // of 1,024 faults
    private static final int MOST_ROUNDS = 32;

    private SelfTest() {}

    /// Ends when the compilers have nothing left to do, after some 0.5 seconds; a machine that
    /// cannot do it is told of in the log.
    ///
    /// @param directory where a small image is written and removed again
    /// @return whether this machine can serve page faults
    static boolean run(Path directory) {
        long start = System.nanoTime();
        int rounds;
        var name = directory.resolve("self-test");
        try {
            ImageStore.remove(name); // of a pager that was killed
            try {
                rounds = serveUntilCompiled(image(name));
            } finally {
                ImageStore.remove(name);
            }
            LOG.atInfo()
                    .addKeyValue("rounds", rounds)
                    .addKeyValue("ms", (System.nanoTime() - start) / 1_000_000)
                    .log("self test passed");
            return true;
        } catch (IOException
                | CorruptImageException
                | ErrnoException
                | IllegalStateException
                | CompletionException e) {
            LOG.atWarn().setCause(e).log("self test failed: first faults will be slow");
            return false;
        }
    }

    private static int serveUntilCompiled(LoadedImage image)
            throws IOException, CorruptImageException {
        var compilers = ManagementFactory.getCompilationMXBean(); // null without any compiler
        for (int round = 1; ; round++) {
            long before = compilers == null ? 0 : compilers.getTotalCompilationTime();
            serve(image, new Random(round));
            long after = compilers == null ? 0 : compilers.getTotalCompilationTime();
            if (round >= LEAST_ROUNDS && after == before || round == MOST_ROUNDS) return round;
        }
    }

    private static LoadedImage image(Path name) throws IOException, CorruptImageException {
        try (var draft = ImageStore.begin(name)) {
            var content = new byte[PART_BYTES];
            new Random(1).nextBytes(content);
            Files.write(draft.memory(), content);
            Files.write(draft.deviceState(), new byte[0]);
            Files.write(draft.disk(), new byte[0]);
            var part = UUID.randomUUID();
            var mappings = new ArrayList<Mapping>();
            for (int i = 0; i < REPEATS; i++)
                mappings.add(new Mapping((long) i * PART_BYTES, PART_BYTES, part, 0));
            mappings.add(Mapping.zeros((long) REPEATS * PART_BYTES, PART_BYTES));
            long size = mappings.getLast().end();
            var saved =
                    new MemorySaver.Saved(
                            MemoryIndex.of(size, 0, part, part, mappings),
                            part,
                            List.of(mappings.getFirst()),
                            0);
            return draft.publish(saved, null, 1, Map.of(), 1);
        }
    }

    /// One session: a fresh memory, mostly one whose writes are tracked as a VM's are; every
    /// cluster asked for once, in a new order.
    private static void serve(LoadedImage image, Random random)
            throws IOException, CorruptImageException {
        long size = image.index().size();
        try (var memory = LazyMemory.map(size, random.nextInt(4) > 0);
                var hangup = UnixSockets.pair();
                var source = PageSource.open(image)) {
            var regions = List.of(new RamRegion(memory.address(), size, 0));
            var verified = new VerifiedPages(size / PAGE);
            var pages = new GuestPages(regions, source, verified, Sessions.ZEROS);
            var loop =
                    new FaultLoop(
                            memory.fd(), hangup.left(), pages, new WorkingSet.Recorder(1 << 14));
            var served = start(loop);
            try {
                touch(memory, random);
            } finally {
                end(hangup.right(), served);
            }
        }
    }

    private static CompletableFuture<Void> start(FaultLoop loop) {
        var served = new CompletableFuture<Void>();
        Thread.ofPlatform()
                .name("self-test")
                .start(() -> {
                    try {
                        loop.run();
                        served.complete(null);
                    } catch (CorruptImageException | RuntimeException e) {
                        served.completeExceptionally(e);
                    }
                });
        return served;
    }

    private static void end(Fd vmm, CompletableFuture<Void> served) {
        vmm.close();
        served.join();
    }

    /// Reads one page of each cluster.
    private static void touch(LazyMemory memory, Random random) {
        var reads = new ArrayList<PageScan.Run>();
        for (long at = 0; at < memory.size(); at += CLUSTER_BYTES) {
            long page = memory.address() + at + (long) random.nextInt(FaultLoop.CLUSTER) * PAGE;
            reads.add(new PageScan.Run(page, page + Long.BYTES));
        }
        Collections.shuffle(reads, random);
        long pid = ProcessHandle.current().pid();
        try (var arena = Arena.ofConfined()) {
            var into = arena.allocate((long) ProcessMemory.MAX_RANGES * Long.BYTES);
            for (int i = 0; i < reads.size(); i += ProcessMemory.MAX_RANGES) {
                int end = Math.min(reads.size(), i + ProcessMemory.MAX_RANGES);
                ProcessMemory.read(pid, reads.subList(i, end), into);
            }
        }
    }
}
