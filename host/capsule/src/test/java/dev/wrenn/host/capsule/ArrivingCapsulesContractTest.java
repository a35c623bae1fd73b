package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskOutline;
import dev.wrenn.host.disk.Images;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Capsules made of a template of which not all is here.
@Timeout(90)
class ArrivingCapsulesContractTest {
    private static final TeamId TEAM = new TeamId(new UUID(1, 2));
    private static final TemplateId TEMPLATE = new TemplateId(new UUID(3, 4));

    @TempDir private Path dataDir;

    private final CapsuleId id = CapsuleId.random();
    private final Parts parts = new Parts();
    private FakeHost host;

    /// Four chunks, given as far as it is allowed.
    private static final class Parts implements ChunkSource {
        final byte[] disk = new byte[4 * DiskOutline.CHUNK];
        final Semaphore allowed = new Semaphore(0);
        final Map<String, byte[]> all = new ConcurrentHashMap<>();
        final byte[] text;
        volatile boolean gone;

        Parts() {
            new Random(3).nextBytes(disk);
            var marker =
                    "{\"type\":\"rootfs\",\"format\":\"ext4\",\"content_sha256\":\"c\",\"file_bytes\":"
                            + disk.length
                            + "}";
            var bytes = marker.getBytes(StandardCharsets.US_ASCII);
            var lines = new StringBuilder("image 0\nfile manifest.json " + bytes.length + "\n");
            add(lines, 0, bytes);
            lines.append("file rootfs.ext4 ").append(disk.length).append('\n');
            for (int at = 0; at < disk.length; at += DiskOutline.CHUNK)
                add(lines, at, Arrays.copyOfRange(disk, at, at + DiskOutline.CHUNK));
            text = lines.append("end\n").toString().getBytes(StandardCharsets.US_ASCII);
        }

        private void add(StringBuilder lines, int offset, byte[] bytes) {
            var sum = DiskOutline.sha256(bytes);
            all.put(sum, bytes);
            lines.append("chunk %d %d %s%n".formatted(offset, bytes.length, sum));
        }

        @Override
        public byte[] outline(TemplateId template) throws IOException {
            if (gone) throw new GoneException("not given");
            return text;
        }

        @Override
        public byte[] chunk(TemplateId template, String sha256)
                throws IOException, InterruptedException {
            allowed.acquire();
            if (gone) throw new GoneException("not given");
            return all.get(sha256);
        }
    }

    @BeforeEach
    void open() throws IOException {
        host = new FakeHost(dataDir);
        host.source = parts;
    }

    @AfterEach
    void close() {
        host.close();
    }

    private CapsuleView create(Capsules agent) throws InterruptedException {
        var like = FakeHost.request(id, 1);
        var request =
                new CapsuleRequest(id, 1, TEAM, TEMPLATE, like.spec(), like.user(), like.env());
        return ((CreateOutcome.Created) agent.create(request)).capsule();
    }

    private CapsuleView begin(Capsules agent) throws InterruptedException {
        assertThat(agent.fetch(TEAM, TEMPLATE, DiskOutline.sha256(parts.text)))
                .isEqualTo(new SaveOutcome.Done<>((long) parts.disk.length));
        var view = create(agent);
        assertThat(view.phase()).isEqualTo(Phase.RUNNING);
        assertThat(there()).as("whole or not there").isFalse();
        return view;
    }

    private boolean there() {
        return new Images(dataDir).template(TEAM, TEMPLATE).isPresent();
    }

    private void awaitFile() {
        while (!host.vmm.calls().contains("file " + id)) Thread.onSpinWait();
    }

    private static <T> FutureTask<T> meanwhile(Callable<T> call) {
        var task = new FutureTask<>(call);
        Thread.ofVirtual().start(task);
        return task;
    }

    private void assertWhole() throws IOException {
        try (var disk = Files.newInputStream(dataDir.resolve("sandboxes/" + id + "/disk.ext4"))) {
            assertThat(disk.readNBytes(parts.disk.length)).isEqualTo(parts.disk);
        }
        assertThat(dataDir.resolve("sandboxes/" + id + "/nbd")).doesNotExist();
    }

    @Test
    void aCapsuleRunsBeforeItsTemplateIsHereAndIsThenLikeOthers() throws Exception {
        var agent = host.agent();
        assertThat(agent.fetch(TEAM, TEMPLATE, "0".repeat(64)))
                .as("another outline")
                .isInstanceOf(SaveOutcome.Failed.class);
        begin(agent);
        assertThat(host.vmm.calls()).doesNotContain("file " + id);
        parts.allowed.release(1000);
        awaitFile();
        assertThat(there()).isTrue();
        var paused = agent.pause(id, 1);
        assertThat(paused).isInstanceOf(SaveOutcome.Done.class);
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertThat(agent.fetch(TEAM, TEMPLATE, DiskOutline.sha256(parts.text)))
                .as("here already")
                .isEqualTo(new SaveOutcome.Done<>(0L));
    }

    /// Fault: destroyed while the rest is still to come.
    @Test
    void aPauseWaitsForTheRestAndADestroyDoesNot() throws Exception {
        var agent = host.agent();
        begin(agent);
        var pause = meanwhile(() -> agent.pause(id, 1));
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertThat(pause.get(30, TimeUnit.SECONDS)).isNotInstanceOf(SaveOutcome.Done.class);
        assertThat(host.directories()).isEmpty();
        assertThat(host.running()).isZero();
        parts.allowed.release(1000);
        while (!there()) Thread.onSpinWait();
    }

    /// Fault: the agent is killed while the rest is still to come.
    @Test
    void theNextLifeServesTheDiskAgain() throws Exception {
        begin(host.agent());
        var rest = new Parts(); // the life before gets no more
        host.source = rest;
        var agent = host.agent();
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
        assertThat(dataDir.resolve("sandboxes/" + id + "/nbd/s")).exists();
        rest.allowed.release(1000);
        awaitFile();
        assertThat(agent.pause(id, 1)).isInstanceOf(SaveOutcome.Done.class);
        assertThat(there()).isTrue();
    }

    /// Fault: deleted while the rest is still to come.
    @Test
    void aTemplateThatIsDeletedComesToTheEndForItsCapsules() throws Exception {
        var agent = host.agent();
        begin(agent);
        var delete =
                meanwhile(() -> {
                    agent.deleteSnapshot(TEAM, TEMPLATE);
                    return true;
                });
        parts.allowed.release(1000);
        assertThat(delete.get(30, TimeUnit.SECONDS)).isTrue();
        awaitFile();
        while (Files.exists(dataDir.resolve("sandboxes/" + id + "/nbd"))) Thread.onSpinWait();
        assertWhole();
        assertThat(there()).isFalse();
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
    }

    @Test
    void aTemplateThatNobodyUsesIsRemovedAtOnce() throws Exception {
        var agent = host.agent();
        agent.fetch(TEAM, TEMPLATE, DiskOutline.sha256(parts.text));
        agent.deleteSnapshot(TEAM, TEMPLATE);
        assertThat(dataDir.resolve("arriving")).isEmptyDirectory();
        assertThat(agent.create(FakeHost.request(id, 1))).isInstanceOf(CreateOutcome.Created.class);
    }

    /// Fault: the control plane gives it no more.
    @Test
    void aCapsuleWhoseTemplateIsGoneEndsWithACause() throws Exception {
        var agent = host.agent();
        begin(agent);
        parts.gone = true;
        parts.allowed.release(1000);
        while (agent.find(id).orElseThrow().phase() != Phase.STOPPED) Thread.onSpinWait();
        assertThat(agent.find(id).orElseThrow().cause()).asString().contains("template");
        assertThat(host.running()).isZero();
        assertThat(agent.fetch(TEAM, TEMPLATE, DiskOutline.sha256(parts.text)))
                .isInstanceOf(SaveOutcome.Failed.class);
    }

    @Test
    void aFullDiskTakesNoTemplate() throws Exception {
        var agent = host.agent();
        host.diskFull = true;
        assertThat(agent.fetch(TEAM, TEMPLATE, DiskOutline.sha256(parts.text)))
                .isInstanceOf(SaveOutcome.DiskFull.class);
    }
}
