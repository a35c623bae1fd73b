package dev.wrenn.host.pager;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.host.linux.Descriptors;
import dev.wrenn.host.linux.ProcStat;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.linux.Userfault;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemorySaver;
import dev.wrenn.host.memory.RamRegion;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The pager against a real process with real page faults, through the real ramshim.
class PagerContractTest {
    private static final int PAGE = 4096;
    private static final int PAGES = 4096;
    private static final String ID = "cl-0000000000000000000000001";

    @TempDir Path data;

    private LoadedImage image;
    private String digest;

    @BeforeEach
    void makeImage() throws Exception {
        try (var arena = Arena.ofShared();
                var draft = ImageStore.begin(data.resolve("image"))) {
            var ram = arena.allocate((long) PAGES * PAGE, PAGE);
            var random = new Random(11);
            for (int i = 0; i < PAGES; i++)
                if (random.nextInt(3) > 0)
                    for (int k = 0; k < PAGE; k += 64)
                        ram.set(JAVA_BYTE, (long) i * PAGE + k, (byte) random.nextInt(256));
            Files.write(draft.deviceState(), new byte[] {1});
            Files.write(draft.disk(), new byte[] {1});
            var saved =
                    new MemorySaver()
                            .save(
                                    ProcessHandle.current().pid(),
                                    List.of(new RamRegion(ram.address(), ram.byteSize(), 0)),
                                    null,
                                    MemorySaver.Tracking.COMPARE,
                                    draft.memory(),
                                    true);
            image = draft.publish(saved, null, 1, Map.of(), 1);
            digest = sha256(ram);
        }
    }

    @Test
    void everyPageIsServedAndGivenBackPagesReadZero() throws Exception {
        var sessions = new Sessions(data);
        try (var pair = UnixSockets.pair();
                var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
            pair.right().close();
            var end = serve(sessions, pair.left(), guest.pid());
            assertThat(guest.read()).isEqualTo(digest);
            assertThat(guest.say("drop")).isEqualTo("True");
            assertThat(guest.say("sum")).isNotEqualTo(digest);
            guest.close();
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("ended");
        }
        assertThat(image.directory().resolve("working-set")).exists();
        assertThat(data.resolve("pager/" + ID + ".json")).doesNotExist();
        assertThat(sessions.serving()).isZero();
    }

    @Test
    void aRecordedWorkingSetIsBroughtInAheadAndStaysCorrect() throws Exception {
        var sessions = new Sessions(data);
        for (int round = 0; round < 2; round++) {
            try (var pair = UnixSockets.pair();
                    var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
                pair.right().close();
                var end = serve(sessions, pair.left(), guest.pid());
                assertThat(guest.read()).isEqualTo(digest);
                guest.close();
                assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("ended");
            }
        }
    }

    @Test
    void theSelfTestServesThisMachineAndLeavesNothing() throws Exception {
        var directory = Files.createDirectory(data.resolve("pager"));
        assertThat(SelfTest.run(directory)).isTrue();
        assertThat(directory).isEmptyDirectory();
    }

    /// Fault: the VM ends before the agent has named it.
    @Test
    void aVmThatEndsUnnamedEndsItsSession() throws Exception {
        var sessions = new Sessions(data);
        try (var pair = UnixSockets.pair();
                var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
            pair.right().close();
            var end = serve(sessions, pair.left(), new CompletableFuture<>());
            assertThat(guest.read()).isEqualTo(digest);
            guest.close();
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("ended");
        }
    }

    /// Fault: the pager dies after it has read faults and before it answers them.
    @Test
    void aNewPagerTakesOverFromADeadOne() throws Exception {
        try (var pair = UnixSockets.pair();
                var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
            pair.right().close();
            var handshake = Handshake.receive(pair.left());
            try (var dead = handshake.userfault();
                    var fault = Userfault.on(dead)) {
                fault.await(pair.left());
                assertThat(fault.read()).isPositive(); // read, never answered
                new SessionRecord(
                                ID,
                                guest.pid(),
                                ProcStat.read(guest.pid()).orElseThrow().startTicks(),
                                Descriptors.numbers(guest.pid(), "anon_inode:[userfaultfd]")
                                        .getFirst(),
                                handshake.regions(),
                                image.directory().toString(),
                                image.directory().toString())
                        .write(Files.createDirectories(data.resolve("pager")));
            }
            assertThat(new Sessions(data).takeOver()).isEqualTo(1);
            assertThat(guest.read()).isEqualTo(digest);
        }
    }

    /// Fault: a flipped byte in the stored memory.
    @Test
    void aCorruptPageStopsTheVmWithACause() throws Exception {
        flipAByte();
        expectCorrupt(new Sessions(data));
    }

    private void flipAByte() throws Exception {
        var file = image.flatPart().orElseThrow();
        long at =
                image.index().mappings().stream()
                        .filter(m -> !m.isZero())
                        .findFirst()
                        .orElseThrow()
                        .storage();
        try (var bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int old = bytes.read();
            bytes.seek(at);
            bytes.write(old ^ 1);
        }
    }

    /// Fault: a flipped byte in a page that was checked and served before.
    @Test
    void aPageThatChangesAfterItWasCheckedIsCheckedAgain() throws Exception {
        var sessions = new Sessions(data);
        try (var pair = UnixSockets.pair();
                var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
            pair.right().close();
            var end = serve(sessions, pair.left(), guest.pid());
            assertThat(guest.read()).isEqualTo(digest);
            guest.close();
            assertThat(end.get(10, TimeUnit.SECONDS)).isEqualTo("ended");
        }
        flipAByte();
        expectCorrupt(sessions);
    }

    private void expectCorrupt(Sessions sessions) throws Exception {
        try (var pair = UnixSockets.pair();
                var guest = GuestProcess.start((long) PAGES * PAGE, pair.right(), data)) {
            pair.right().close();
            var end = serve(sessions, pair.left(), guest.pid());
            guest.process().awaitExit();
            assertThat(end.get(10, TimeUnit.SECONDS)).contains("does not match its sum");
        }
    }

    private CompletableFuture<String> serve(
            Sessions sessions, dev.wrenn.host.linux.Fd socket, int pid) {
        return serve(sessions, socket, CompletableFuture.completedFuture(pid));
    }

    private CompletableFuture<String> serve(
            Sessions sessions, dev.wrenn.host.linux.Fd socket, CompletableFuture<Integer> pid) {
        var end = new CompletableFuture<String>();
        Thread.ofPlatform()
                .start(() -> {
                    @Nullable String failure =
                            sessions.serve(ID, image, image.directory(), socket, pid);
                    end.complete(failure == null ? "ended" : failure);
                });
        return end;
    }

    private static String sha256(MemorySegment memory) throws Exception {
        return HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(memory.toArray(JAVA_BYTE)));
    }
}
