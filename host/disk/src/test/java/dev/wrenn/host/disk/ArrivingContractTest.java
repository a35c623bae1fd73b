package dev.wrenn.host.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A template that arrives chunk by chunk, and the disk of a VM that is made of it meanwhile, over
/// a real socket.
@Timeout(60)
class ArrivingContractTest {
    private static final int CHUNK = DiskOutline.CHUNK;
    private static final int CHUNKS = 12;
    private static final MemorySize SIZE = MemorySize.ofMib(8);
    private static final TeamId TEAM = new TeamId(new UUID(1, 2));
    private static final TemplateId TEMPLATE = new TemplateId(new UUID(3, 4));

    @TempDir Path dir;

    private final FakeChunks chunks = new FakeChunks(CHUNKS);
    private final AtomicLong metered = new AtomicLong();
    private Disks disks;
    private Images images;
    private @Nullable ArrivingImage image;
    private @Nullable ArrivingDisk disk;

    @BeforeEach
    void prepare() throws IOException {
        disks = new Disks(dir, new DiskConfig(new MemorySize(0)));
        images = new Images(dir);
        Files.createDirectories(images.snapshot(TEAM, TEMPLATE).getParent());
    }

    @AfterEach
    void close() {
        if (disk != null) disk.close();
        if (image != null) image.close();
    }

    private ArrivingImage open(@Nullable DiskOutline outline) throws IOException {
        var opened =
                ArrivingImage.open(
                        dir.resolve("arriving"),
                        TEMPLATE,
                        images.snapshot(TEAM, TEMPLATE),
                        outline,
                        chunks,
                        disks,
                        metered::addAndGet);
        image = opened;
        return opened;
    }

    private ArrivingDisk serve(ArrivingImage from) throws IOException {
        var served = ArrivingDisk.make(dir.resolve("disk.ext4"), SIZE, from, disks);
        disk = served;
        return served;
    }

    private byte[] expected(int from, int length) {
        var all = Arrays.copyOf(chunks.disk, (int) SIZE.bytes());
        return Arrays.copyOfRange(all, from, from + length);
    }

    private void await(CompletableFuture<Void> whole) throws Exception {
        whole.get(30, TimeUnit.SECONDS);
    }

    private void installed() throws IOException {
        var template = images.template(TEAM, TEMPLATE).orElseThrow();
        assertThat(Files.readAllBytes(template.rootfs())).isEqualTo(chunks.disk);
    }

    @Test
    void aVmReadsWhatItNeedsBeforeTheRestIsHere() throws Exception {
        var arriving = open(chunks.outline());
        var hold = arriving.hold().orElseThrow();
        var served = serve(arriving);
        chunks.allowed.release(2);
        try (var client = new NbdClient(served.socket())) {
            assertThat(client.size).isEqualTo(SIZE.bytes());
            assertThat(client.read(CHUNK - 512, 1024)).isEqualTo(expected(CHUNK - 512, 1024));
            assertThat(client.read(2 * CHUNK, 4096)).as("zeros cost nothing").containsOnly(0);
            assertThat(client.read(SIZE.bytes() - 512, 512)).containsOnly(0);
            assertThat(chunks.asked).hasSize(2);
            assertThat(metered.get()).isEqualTo(2L * CHUNK);
            assertThat(images.template(TEAM, TEMPLATE)).as("whole or not there").isEmpty();
            client.begin(0, 4L * CHUNK, 512, new byte[0]); // waits
            assertThat(client.write(1 << 20, new byte[0])).as("others do not").isZero();
            chunks.allowed.release(100);
            assertThat(client.answer()).isZero();
            client.receive(512);
            hold.close();
            await(served.whole());
            installed();
            assertThat(client.read(0, CHUNK)).isEqualTo(expected(0, CHUNK));
        }
        assertThat(Files.readAllBytes(dir.resolve("disk.ext4")))
                .isEqualTo(expected(0, (int) SIZE.bytes()));
        assertThat(chunks.asked).as("each once").doesNotHaveDuplicates();
    }

    @Test
    void whatTheVmWritesIsNeverOverwrittenByWhatArrives() throws Exception {
        var arriving = open(chunks.outline());
        var served = serve(arriving);
        chunks.allowed.release(100);
        var mine = new byte[1000];
        Arrays.fill(mine, (byte) 7);
        try (var client = new NbdClient(served.socket())) {
            assertThat(client.write(CHUNK + 100, mine)).isZero();
            assertThat(client.ask(6, 3L * CHUNK + 4096, 8192)).as("zeroes").isZero();
            assertThat(client.ask(4, 0, (int) SIZE.bytes())).as("trim").isZero();
            assertThat(client.ask(3, 0, 0)).as("flush").isZero();
            assertThat(client.ask(0, SIZE.bytes(), 512)).as("behind the end").isEqualTo(22);
            await(served.whole());
            assertThat(client.read(3L * CHUNK + 4096, 8192)).containsOnly(0);
        }
        installed();
        assertThat(chunks.asked).contains(chunks.sum(1));
        await(arriving.whole());
    }

    @Test
    void aWriteToAPartThatIsNotHereKeepsTheRestOfIt() throws Exception {
        var served = serve(open(chunks.outline()));
        chunks.allowed.release(100);
        try (var client = new NbdClient(served.socket())) {
            assertThat(client.write(CHUNK + 512, new byte[512])).isZero();
            var all = expected(CHUNK, CHUNK);
            Arrays.fill(all, 512, 1024, (byte) 0);
            assertThat(client.read(CHUNK, CHUNK)).isEqualTo(all);
            await(served.whole());
            assertThat(client.read(CHUNK, CHUNK)).isEqualTo(all);
        }
    }

    /// Fault: the agent is killed while a VM waits; its next life has the files and nothing else.
    @Test
    void theNextLifeGoesOnWithWhatIsThere() throws Exception {
        var arriving = open(chunks.outline());
        var hold = arriving.hold().orElseThrow();
        var served = serve(arriving);
        chunks.allowed.release(2);
        try (var client = new NbdClient(served.socket())) {
            client.read(0, 2 * CHUNK);
            assertThat(client.write(512, new byte[512])).isZero();
            client.begin(0, 4L * CHUNK, 512, new byte[0]);
            served.close();
            arriving.close();
            assertThatThrownBy(client::answer).isInstanceOf(EOFException.class);
        }
        hold.close();
        chunks.asked.clear();
        var again = open(null);
        assertThat(ArrivingDisk.exists(dir.resolve("disk.ext4"))).isTrue();
        assertThat(ArrivingDisk.isOf(dir.resolve("disk.ext4"), again)).isTrue();
        var servedAgain = ArrivingDisk.again(dir.resolve("disk.ext4"), Optional.of(again), disks);
        disk = servedAgain;
        try (var client = new NbdClient(servedAgain.socket())) {
            assertThat(client.read(512, 512)).as("what was written").containsOnly(0);
            chunks.allowed.release(100);
            assertThat(client.read(4L * CHUNK, 512)).isEqualTo(expected(4 * CHUNK, 512));
            await(servedAgain.whole());
        }
        installed();
        assertThat(chunks.asked).doesNotContain(chunks.sum(0), chunks.sum(1));
    }

    /// As when the agent was killed between the last chunk and the switch to the file.
    @Test
    void aDiskBecomesWholeWithoutItsTemplate() throws Exception {
        var arriving = open(chunks.outline());
        var hold = arriving.hold().orElseThrow();
        serve(arriving).close();
        chunks.allowed.release(100);
        hold.close();
        await(arriving.whole());
        arriving.remove();
        images.remove(TEAM, TEMPLATE);
        disk = ArrivingDisk.again(dir.resolve("disk.ext4"), Optional.empty(), disks);
        await(disk.whole());
        assertThat(Files.readAllBytes(dir.resolve("disk.ext4")))
                .isEqualTo(expected(0, (int) SIZE.bytes()));
        ArrivingDisk.removeBeside(dir.resolve("disk.ext4"));
        assertThat(ArrivingDisk.exists(dir.resolve("disk.ext4"))).isFalse();
    }

    /// Fault: nobody answers for a while.
    @Test
    void aVmWaitsWhileNobodyAnswers() throws Exception {
        chunks.away = true;
        chunks.allowed.release(100);
        var arriving = open(chunks.outline());
        var served = serve(arriving);
        try (var client = new NbdClient(served.socket())) {
            client.begin(0, 0, 512, new byte[0]);
            while (chunks.asked.size() < 3) Thread.onSpinWait(); // tries that failed
            assertThat(arriving.trouble()).contains("nobody answers");
            chunks.away = false;
            assertThat(client.answer()).isZero();
        }
        await(served.whole());
    }

    /// Fault: what comes is not what was asked for.
    @Test
    void aChunkWithAWrongSumIsNeverRead() throws Exception {
        chunks.spoils = true;
        chunks.allowed.release(1000);
        var arriving = open(chunks.outline());
        var hold = arriving.hold().orElseThrow();
        var served = serve(arriving);
        try (var client = new NbdClient(served.socket())) {
            client.begin(0, 0, 512, new byte[0]);
            while (chunks.asked.size() < 2) Thread.onSpinWait();
            assertThat(arriving.trouble()).contains("sum");
            chunks.spoils = false;
            assertThat(client.answer()).as("a later try").isZero();
            assertThat(client.receive(512).array()).isEqualTo(expected(0, 512));
            chunks.spoils = true;
            client.begin(0, CHUNK, 512, new byte[0]);
            assertThat(client.answer()).as("given up").isEqualTo(5);
        }
        hold.close();
        assertThatThrownBy(() -> await(served.whole()))
                .isInstanceOf(ExecutionException.class)
                .hasMessageContaining("sum");
        assertThat(images.template(TEAM, TEMPLATE)).isEmpty();
    }

    /// Fault: the template is deleted meanwhile.
    @Test
    void aTemplateThatIsGoneEndsItsDisks() throws Exception {
        var arriving = open(chunks.outline());
        chunks.gone = true;
        var served = serve(arriving);
        try (var client = new NbdClient(served.socket())) {
            assertThatThrownBy(() -> client.read(0, 512)).hasMessageContaining("5");
        }
        assertThatThrownBy(() -> await(served.whole())).isInstanceOf(ExecutionException.class);
        arriving.remove();
        assertThat(dir.resolve("arriving")).doesNotExist();
        assertThat(arriving.hold()).isEmpty();
    }

    /// Fault: no space, until there is some.
    @Test
    void aFullDiskIsWaitedFor() throws Exception {
        var free = new AtomicLong(0);
        disks = new Disks(dir, new DiskConfig(new MemorySize(0)));
        var full = new Disks(dir, new DiskConfig(MemorySize.ofMib(1L << 30)));
        chunks.allowed.release(100);
        var arriving =
                ArrivingImage.open(
                        dir.resolve("arriving"),
                        TEMPLATE,
                        images.snapshot(TEAM, TEMPLATE),
                        chunks.outline(),
                        chunks,
                        full,
                        free::addAndGet);
        image = arriving;
        while (arriving.trouble() == null) Thread.onSpinWait();
        assertThat(arriving.trouble()).contains("free");
        arriving.close();
        var again = open(null); // with room
        await(again.whole());
        installed();
    }

    @Test
    void aLongPathIsNoSocket() {
        assertThat(ArrivingDisk.fits(Path.of("/d/disk.ext4"))).isTrue();
        assertThat(ArrivingDisk.fits(Path.of("/" + "d".repeat(100) + "/disk.ext4"))).isTrue();
        assertThat(ArrivingDisk.fits(Path.of("/" + "d".repeat(101) + "/disk.ext4"))).isFalse();
    }
}
