package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecOutcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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

/// The agent is killed, or a room fails, at every durable step; the next life finds the truth.
@Timeout(60)
class CrashContractTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir private Path dataDir;
    private FakeHost host;
    private final CapsuleId id = CapsuleId.random();
    private final CapsuleRequest request = FakeHost.request(id, 1);

    @BeforeEach
    void open() throws IOException {
        host = new FakeHost(dataDir);
    }

    @AfterEach
    void close() {
        host.close();
    }

    @ParameterizedTest
    @CsvSource({
        "before prepare, gone",
        "after prepare, gone",
        "before clone, gone",
        "after clone, gone",
        "before take, gone",
        "after take, gone",
        "before write booting, gone",
        "after write booting, stopped",
        "tap, stopped",
        "before boot, stopped",
        "after boot, stopped",
        "guest, stopped",
        "before write vm, stopped",
        "after write vm, running",
        "before write running, running",
        "after write running, running",
    })
    void killedDuringCreate(String point, String expected) throws Exception {
        var points = new CrashPoints();
        points.crashAt(point);
        var first = host.agent(points);
        Thread.ofVirtual().start(() -> create(first));
        points.awaitCrash();

        var second = host.agent();
        var view = settled(second);
        switch (expected) {
            case "gone" -> assertThat(view).isEmpty();
            case "stopped" -> {
                assertThat(view.orElseThrow().phase()).isEqualTo(Phase.STOPPED);
                assertThat(view.orElseThrow().cause()).isEqualTo(Capsule.RESTARTED);
            }
            default -> {
                assertThat(view.orElseThrow().phase()).isEqualTo(Phase.RUNNING);
                assertAnswers(second);
            }
        }
        boolean runs = expected.equals("running");
        assertThat(host.vmm.running()).hasSize(runs ? 1 : 0);
        assertThat(host.slots).hasSize(runs ? 1 : 0);
        assertThat(second.usage().vcpusReserved()).isEqualTo(runs ? 1 : 0);
        // the same create again finds what is there, or does it
        if (!expected.equals("stopped")) {
            assertThat(create(second).phase()).isEqualTo(Phase.RUNNING);
            assertThat(host.vmm.running()).hasSize(1);
        }
        assertThat(second.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertNothingLeft(second);
    }

    @ParameterizedTest
    @CsvSource({
        "before write destroying, running",
        "after write destroying, gone",
        "before kill, gone",
        "after kill, gone",
        "before forget, gone",
        "after forget, gone",
        "before release, gone",
        "after release, gone",
    })
    void killedDuringDestroy(String point, String expected) throws Exception {
        var points = new CrashPoints();
        var first = host.agent(points);
        assertThat(create(first).phase()).isEqualTo(Phase.RUNNING);
        points.crashAt(point);
        Thread.ofVirtual().start(() -> destroy(first));
        points.awaitCrash();

        var second = host.agent();
        if (expected.equals("running")) {
            assertThat(settled(second).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
            assertAnswers(second);
            destroy(second);
        } else {
            awaitGone(second);
        }
        assertNothingLeft(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "before write stopped",
                "after write stopped",
                "before release",
                "after release",
                "before remove disk"
            })
    void killedWhileAVmEnds(String point) throws Exception {
        var points = new CrashPoints();
        var first = host.agent(points);
        create(first);
        points.crashAt(point);
        host.vmm.die(host.vmm.running().getFirst().record().pid(), "killed by signal 9");
        points.awaitCrash();

        var second = host.agent();
        var view = settled(second).orElseThrow();
        assertThat(view.phase()).isEqualTo(Phase.STOPPED);
        assertThat(view.cause()).isNotEmpty();
        assertThat(host.slots).isEmpty();
        destroy(second);
        assertNothingLeft(second);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "before prepare",
                "before clone",
                "after clone",
                "before take",
                "before write booting",
                "tap",
                "before boot",
                "guest",
                "before write vm",
                "before write running",
            })
    void aRoomFailsDuringCreate(String point) throws Exception {
        var points = new CrashPoints();
        var agent = host.agent(points);
        points.failAt(point);
        switch (agent.create(request)) {
            case CreateOutcome.Failed(var cause) -> {
                assertThat(cause).contains(point);
                assertThat(agent.find(id)).isEmpty();
            }
            case CreateOutcome.Created(var view) -> {
                assertThat(view.phase()).isEqualTo(Phase.STOPPED);
                assertThat(view.cause()).contains(point);
                assertThat(host.slots).isEmpty();
                assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
            }
            case CreateOutcome other -> throw new AssertionError(other);
        }
        assertNothingLeft(agent);
        assertThat(create(agent).phase()).isEqualTo(Phase.RUNNING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"before kill", "before forget"})
    void aFailedDestroyCanBeRepeated(String point) throws Exception {
        var points = new CrashPoints();
        var agent = host.agent(points);
        create(agent);
        points.failAt(point);
        assertThat(agent.destroy(id)).isInstanceOf(DestroyOutcome.Failed.class);
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertNothingLeft(agent);
    }

    @Test
    void aSlotThatCannotBeReleasedIsSweptByTheNextLife() throws Exception {
        var points = new CrashPoints();
        var agent = host.agent(points);
        create(agent);
        points.failAt("before release");
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertThat(host.slots).hasSize(1);
        assertNothingLeft(host.agent());
    }

    @Test
    void aFullDiskDoesNotHideTheEndOfAVm() throws Exception {
        var points = new CrashPoints();
        var agent = host.agent(points);
        create(agent);
        points.failAt("before write stopped");
        host.vmm.die(host.vmm.running().getFirst().record().pid(), "killed by signal 9");
        try (var watch = agent.feed().watch()) {
            while (agent.find(id).orElseThrow().phase() != Phase.STOPPED) watch.next(SOON);
        }
        assertThat(agent.find(id).orElseThrow().cause()).isEqualTo("killed by signal 9");
    }

    private CapsuleView create(Capsules agent) {
        try {
            return ((CreateOutcome.Created) agent.create(request)).capsule();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void destroy(Capsules agent) {
        try {
            agent.destroy(id);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private Optional<CapsuleView> settled(Capsules agent) throws InterruptedException {
        var actor = agent.actor(id);
        if (actor.isPresent()) {
            var quiet = new CountDownLatch(1); // after the steps that the start of the agent took
            actor.get().submit(quiet::countDown);
            assertThat(quiet.await(20, TimeUnit.SECONDS)).isTrue();
        }
        return agent.find(id);
    }

    private void awaitGone(Capsules agent) throws InterruptedException {
        try (var watch = agent.feed().watch()) {
            while (agent.find(id).isPresent()) watch.next(SOON);
        }
    }

    private void assertAnswers(Capsules agent) throws InterruptedException {
        try (var access = (Access.Granted) agent.access(id)) {
            assertThat(access.guest().exec(Command.of("echo", "42")))
                    .isInstanceOfSatisfying(
                            ExecOutcome.Finished.class,
                            it -> assertThat(it.stdout().toStringUtf8()).isEqualTo("42\n"));
        }
    }

    private void assertNothingLeft(Capsules agent) throws IOException {
        assertThat(agent.list()).isEmpty();
        assertThat(host.vmm.running()).isEmpty();
        assertThat(host.slots).isEmpty();
        assertThat(host.directories()).isEmpty();
        assertThat(agent.usage().vcpusReserved()).isZero();
        assertThat(agent.usage().memoryReserved().bytes()).isZero();
    }
}
