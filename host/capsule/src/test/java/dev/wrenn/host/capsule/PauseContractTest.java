package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecOutcome;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Pause, resume, snapshots and warm images above a machine of fakes, with the agent killed or a
/// room failing at every step.
@Timeout(60)
class PauseContractTest {
    private static final TeamId TEAM = new TeamId(UUID.randomUUID());
    private static final TemplateId TEMPLATE = new TemplateId(UUID.randomUUID());

    @TempDir private Path dataDir;
    private FakeHost host;
    private final CapsuleId id = CapsuleId.random();

    @BeforeEach
    void open() throws IOException {
        host = new FakeHost(dataDir);
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void aPausedCapsuleHoldsNothingAndGoesOnAsANewLife() throws Exception {
        var agent = host.agent();
        create(agent);
        var paused = pause(agent);
        assertThat(paused.phase()).isEqualTo(Phase.PAUSED);
        assertThat(paused.pauseReason()).contains(PauseReason.ASKED);
        assertThat(paused.imageBytes()).isPositive();
        assertThat(paused.hostIp()).isEmpty();
        assertThat(paused.metadata()).containsKeys("pause_blackout_us", "pause_total_us");
        assertThat(host.running()).isZero();
        assertThat(host.slots).isEmpty();
        assertThat(agent.usage().vcpusReserved()).isZero();
        assertThat(agent.access(id)).isEqualTo(new Access.NotRunning(Phase.PAUSED));
        assertThat(pause(agent).phase()).isEqualTo(Phase.PAUSED); // repeated
        var running = resume(agent, 2);
        assertThat(running.phase()).isEqualTo(Phase.RUNNING);
        assertThat(running.request().incarnation()).isEqualTo(2);
        assertThat(running.request().spec().idleTimeout()).isEqualTo(Duration.ofSeconds(7));
        assertAnswers(agent);
        assertThat(resume(agent, 2).phase()).isEqualTo(Phase.RUNNING); // repeated
        assertThat(agent.resume(id, 1, Duration.ZERO))
                .isEqualTo(new ResumeOutcome.OtherIncarnation(2));
        assertThat(agent.pause(id, 1)).isEqualTo(new SaveOutcome.OtherIncarnation<>(2));
        end(agent);
    }

    @Test
    void laterSavesLookOnlyAtWhatWasWrittenSince() throws Exception {
        var agent = host.agent();
        create(agent);
        pause(agent, 1);
        for (int life = 2; life < 14; life++) { // more than there may be generations
            resume(agent, life);
            pause(agent, life);
        }
        assertThat(host.trackings.getFirst()).isEqualTo(Tracking.WRITTEN);
        assertThat(host.trackings.get(1)).isEqualTo(Tracking.PRIVATE_MAP_WRITTEN);
        assertThat(host.trackings.get(2)).isEqualTo(Tracking.WRITTEN); // through the pager
        assertThat(imageNumbers()).hasSize(1);
        end(agent);
    }

    @Test
    void whoCannotBePausedOrResumedIsToldWhy() throws Exception {
        var agent = host.agent();
        assertThat(agent.pause(id, 1)).isEqualTo(new SaveOutcome.Unknown<>());
        assertThat(agent.resume(id, 2, Duration.ZERO)).isEqualTo(new ResumeOutcome.Unknown());
        create(agent);
        pause(agent);
        assertThat(agent.resume(id, 1, Duration.ZERO))
                .isEqualTo(new ResumeOutcome.OtherIncarnation(1));
        end(agent);
    }

    /// The answer to a resume was lost, and whoever asked gave it up.
    @Test
    void aRunningCapsuleTakesTheLifeItIsAskedToLive() throws Exception {
        var agent = host.agent();
        create(agent);
        var running = resume(agent, 3);
        assertThat(running.phase()).isEqualTo(Phase.RUNNING);
        assertThat(running.request().incarnation()).isEqualTo(3);
        assertThat(host.vmm.calls()).doesNotContain("restore " + id);
        assertAnswers(agent);
        assertThat(host.agent().find(id).orElseThrow().request().incarnation()).isEqualTo(3);
        end(host.agent());
    }

    /// Faults: the VMM does not save, the memory does not fit on the disk.
    @Test
    void aPauseThatFailsLeavesTheCapsuleRunning() throws Exception {
        var agent = host.agent();
        create(agent);
        host.vmm.failingSave("no state");
        assertThat(agent.pause(id, 1)).isEqualTo(new SaveOutcome.Failed<>("no state"));
        assertAnswers(agent);
        host.vmm.failingSave(null);
        host.memoryFull = true;
        assertThat(agent.pause(id, 1)).isInstanceOf(SaveOutcome.DiskFull.class);
        assertAnswers(agent);
        assertThat(imageNumbers()).isEmpty();
        host.memoryFull = false;
        pause(agent);
        // the list of written pages was lost with the save before
        assertThat(host.trackings.getLast()).isEqualTo(Tracking.COMPARE);
        host.vmm.failingStart("no VM");
        assertThat(agent.resume(id, 2, Duration.ZERO)).isEqualTo(new ResumeOutcome.Failed("no VM"));
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.PAUSED);
        host.vmm.failingStart(null);
        resume(agent, 2); // the same life: it never ran
        end(agent);
    }

    /// Faults: a byte of the memory, the index or the manifest flips.
    @ParameterizedTest
    @ValueSource(strings = {"memfile", "memfile.header", "image.manifest", "snapfile"})
    void aDamagedImageIsFoundAndKept(String file) throws Exception {
        var agent = host.agent();
        create(agent);
        pause(agent);
        var image = dataDir.resolve("snapshots").resolve(id.toString()).resolve("0");
        flip(image.resolve(file));
        assertThat(agent.resume(id, 2, Duration.ZERO)).isInstanceOf(ResumeOutcome.Damaged.class);
        var view = agent.find(id).orElseThrow();
        assertThat(view.phase()).isEqualTo(Phase.STOPPED);
        assertThat(view.cause()).contains("damaged");
        assertThat(image.resolve(file)).exists();
        assertThat(host.running()).isZero();
        assertThat(host.agent().find(id).orElseThrow().phase()).isEqualTo(Phase.STOPPED);
        assertThat(image.resolve(file)).exists();
        end(host.agent());
    }

    /// Fault: the agent is killed at each step of a pause. The pause had not been answered, so
    /// either state is right; the capsule is whole in both.
    @ParameterizedTest
    @CsvSource({
        "before write pausing, RUNNING",
        "after write pausing, RUNNING",
        "before stop, RUNNING",
        "before state, RUNNING",
        "before memory, RUNNING",
        "after memory, RUNNING",
        "before write paused, RUNNING",
        "after write paused, PAUSED",
        "before kill, PAUSED",
        "after kill, PAUSED",
        "before release, PAUSED",
        "after release, PAUSED",
        "before remove disk, PAUSED",
    })
    void killedDuringPause(String point, Phase expected) throws Exception {
        var points = new CrashPoints();
        var first = host.agent(points);
        create(first);
        points.crashAt(point);
        Thread.ofVirtual().start(() -> pauseAlone(first));
        points.awaitCrash();
        var second = host.agent();
        settle(second);
        assertThat(second.find(id).orElseThrow().phase()).isEqualTo(expected);
        if (expected == Phase.PAUSED) {
            assertThat(host.running()).isZero();
            resume(second, 2);
        }
        assertAnswers(second);
        pause(second, expected == Phase.PAUSED ? 2 : 1);
        resume(second, 3);
        assertAnswers(second);
        end(second);
    }

    /// Fault: the agent is killed at each step of a resume.
    @ParameterizedTest
    @CsvSource({
        "before clone, PAUSED",
        "after clone, PAUSED",
        "before take, PAUSED",
        "after take, PAUSED",
        "tap, PAUSED",
        "before restore, PAUSED",
        "after restore, PAUSED",
        "before go on, PAUSED",
        "guest, PAUSED",
        "before write running, PAUSED",
        "after write running, RUNNING",
    })
    void killedDuringResume(String point, Phase expected) throws Exception {
        var points = new CrashPoints();
        var first = host.agent(points);
        create(first);
        pause(first);
        points.crashAt(point);
        Thread.ofVirtual().start(() -> resumeAlone(first, 2));
        points.awaitCrash();
        var second = host.agent();
        settle(second);
        assertThat(second.find(id).orElseThrow().phase()).isEqualTo(expected);
        assertThat(host.running()).isEqualTo(expected == Phase.PAUSED ? 0 : 1);
        assertThat(resume(second, 2).phase()).isEqualTo(Phase.RUNNING);
        assertAnswers(second);
        end(second);
    }

    /// Fault: the VM and the agent die in the middle of a pause whose image was complete.
    @Test
    void aCompleteImageOfADeadVmCounts() throws Exception {
        var points = new CrashPoints();
        var first = host.agent(points);
        create(first);
        points.crashAt("before write paused");
        Thread.ofVirtual().start(() -> pauseAlone(first));
        points.awaitCrash();
        host.killVms("power");
        var second = host.agent();
        settle(second);
        assertThat(second.find(id).orElseThrow().phase()).isEqualTo(Phase.PAUSED);
        resume(second, 2);
        end(second);
    }

    @Test
    void aSnapshotOfARunningCapsuleKeepsItRunningAndOutlivesIt() throws Exception {
        var agent = host.agent();
        create(agent);
        var made = snapshot(agent);
        assertThat(made.bytes()).isPositive();
        assertThat(made.spec().vcpus()).isEqualTo(1);
        assertAnswers(agent);
        assertThat(snapshot(agent)).isEqualTo(made); // repeated
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        var clone = CapsuleId.random();
        assertThat(((CreateOutcome.Created) agent.create(from(clone))).capsule().phase())
                .isEqualTo(Phase.RUNNING);
        assertThat(host.vmm.calls()).contains("restore " + clone);
        agent.deleteSnapshot(TEAM, TEMPLATE);
        agent.deleteSnapshot(TEAM, TEMPLATE); // repeated
        assertThat(agent.create(from(CapsuleId.random())))
                .isEqualTo(new CreateOutcome.UnknownTemplate());
        // its memory is its own by now
        var saved = agent.pause(clone, 1);
        assertThat(saved).isInstanceOf(SaveOutcome.Done.class);
        assertThat(agent.resume(clone, 2, Duration.ZERO)).isInstanceOf(ResumeOutcome.Running.class);
        agent.destroy(clone);
        assertNothingLeft(agent);
    }

    /// Who asked for it is gone, and what comes of it must not stay.
    @Test
    void deletingASnapshotWaitsUntilItIsMade() throws Exception {
        var agent = host.agent();
        create(agent);
        var go = new CountDownLatch(1);
        agent.actor(id).orElseThrow().submit(() -> CallThread.await(go));
        var failures = new ConcurrentLinkedQueue<Throwable>();
        var making = CallThread.waiting(failures, () -> snapshot(agent));
        var removing = CallThread.waiting(failures, () -> agent.deleteSnapshot(TEAM, TEMPLATE));
        go.countDown();
        making.join();
        removing.join();
        assertThat(failures).isEmpty();
        assertThat(agent.create(from(CapsuleId.random())))
                .isEqualTo(new CreateOutcome.UnknownTemplate());
        end(agent);
    }

    @Test
    void aSnapshotOfAPausedCapsuleLeavesItPaused() throws Exception {
        var agent = host.agent();
        create(agent);
        pause(agent);
        snapshot(agent);
        assertThat(agent.find(id).orElseThrow().phase()).isEqualTo(Phase.PAUSED);
        resume(agent, 2);
        end(agent);
    }

    @Test
    void theFirstBootLeavesAWarmImageThatLaterOnesBeginWith() throws Exception {
        host.warmImages = 1;
        var agent = host.agent();
        create(agent);
        settle(agent);
        var second = CapsuleId.random();
        agent.create(FakeHost.request(second, 1));
        assertThat(host.vmm.calls()).contains("boot " + id, "restore " + second);
        // an agent that starts again still has it
        var next = host.agent();
        var third = CapsuleId.random();
        next.create(FakeHost.request(third, 1));
        assertThat(host.vmm.calls()).contains("restore " + third);
        for (var one : new CapsuleId[] {second, third}) next.destroy(one);
        end(next);
    }

    /// Fault: a byte of the warm image flips.
    @Test
    void aDamagedWarmImageIsDroppedAndTheCapsuleBoots() throws Exception {
        host.warmImages = 4;
        var agent = host.agent();
        create(agent);
        settle(agent);
        try (var images = Files.list(dataDir.resolve("warm"))) {
            flip(images.findFirst().orElseThrow().resolve("memfile"));
        }
        var next = host.agent();
        var second = CapsuleId.random();
        assertThat(((CreateOutcome.Created) next.create(FakeHost.request(second, 1))).capsule())
                .extracting(CapsuleView::phase)
                .isEqualTo(Phase.RUNNING);
        assertThat(host.vmm.calls()).contains("boot " + second);
        next.destroy(second);
        end(next);
    }

    @Test
    void anIdleCapsuleIsPaused() throws Exception {
        var agent = host.agent();
        var request = FakeHost.request(id, 1);
        var idle =
                new CapsuleSpec(
                        1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ofSeconds(1));
        agent.create(
                new CapsuleRequest(
                        id, 1, request.team(), request.template(), idle, "root", Map.of()));
        try (var watch = agent.feed().watch()) {
            while (agent.find(id).orElseThrow().phase() != Phase.PAUSED)
                watch.next(Duration.ofSeconds(20));
        }
        assertThat(agent.find(id).orElseThrow().pauseReason()).contains(PauseReason.IDLE);
        // told until somebody does something about it, also by a later life of the agent
        var next = host.agent();
        assertThat(next.find(id).orElseThrow().pauseReason()).contains(PauseReason.IDLE);
        end(next);
    }

    @Test
    void aPausedCapsuleCanBeDestroyed() throws Exception {
        var agent = host.agent();
        create(agent);
        pause(agent);
        end(agent);
    }

    private CapsuleRequest from(CapsuleId clone) {
        var request = FakeHost.request(clone, 1);
        return new CapsuleRequest(clone, 1, TEAM, TEMPLATE, request.spec(), "root", Map.of());
    }

    private void create(Capsules agent) throws InterruptedException {
        assertThat(agent.create(FakeHost.request(id, 1))).isInstanceOf(CreateOutcome.Created.class);
    }

    private CapsuleView pause(Capsules agent) throws InterruptedException {
        return pause(agent, 1);
    }

    private CapsuleView pause(Capsules agent, long life) throws InterruptedException {
        return switch (agent.pause(id, life)) {
            case SaveOutcome.Done<CapsuleView>(var view) -> view;
            case SaveOutcome<CapsuleView> other -> throw new AssertionError(other);
        };
    }

    private CapsuleView resume(Capsules agent, long life) throws InterruptedException {
        return switch (agent.resume(id, life, Duration.ofSeconds(7))) {
            case ResumeOutcome.Running(var view) -> view;
            case ResumeOutcome other -> throw new AssertionError(other);
        };
    }

    private SnapshotView snapshot(Capsules agent) throws InterruptedException {
        return switch (agent.snapshot(id, TEAM, TEMPLATE)) {
            case SaveOutcome.Done<SnapshotView>(var view) -> view;
            case SaveOutcome<SnapshotView> other -> throw new AssertionError(other);
        };
    }

    private void pauseAlone(Capsules agent) {
        try {
            agent.pause(id, 1);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void resumeAlone(Capsules agent, long life) {
        try {
            agent.resume(id, life, Duration.ZERO);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void settle(Capsules agent) throws InterruptedException {
        var quiet = new CountDownLatch(1); // after the steps that are waiting
        agent.actor(id).orElseThrow().submit(quiet::countDown);
        assertThat(quiet.await(20, TimeUnit.SECONDS)).isTrue();
    }

    private void assertAnswers(Capsules agent) throws InterruptedException {
        try (var access = (Access.Granted) agent.access(id)) {
            assertThat(access.guest().exec(Command.of("echo", "42")))
                    .isInstanceOf(ExecOutcome.Finished.class);
        }
    }

    private List<String> imageNumbers() throws IOException {
        if (!Files.exists(dataDir.resolve("snapshots").resolve(id.toString()))) return List.of();
        try (var images = Files.list(dataDir.resolve("snapshots").resolve(id.toString()))) {
            return images.map(p -> p.getFileName().toString()).toList();
        }
    }

    private static void flip(Path file) throws IOException {
        try (var channel =
                Files.newByteChannel(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            var one = java.nio.ByteBuffer.allocate(1);
            channel.read(one);
            one.put(0, (byte) (one.get(0) ^ 1)).flip();
            channel.position(0).write(one);
        }
    }

    private void end(Capsules agent) throws Exception {
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertNothingLeft(agent);
    }

    private void assertNothingLeft(Capsules agent) throws IOException {
        assertThat(agent.list()).isEmpty();
        assertThat(host.running()).isZero();
        assertThat(host.slots).isEmpty();
        assertThat(host.directories()).isEmpty();
        try (var images = Files.list(dataDir.resolve("snapshots"))) {
            assertThat(images).isEmpty();
        }
        assertThat(agent.usage().vcpusReserved()).isZero();
        assertThat(ImageStore.exists(dataDir)).isFalse();
    }
}
