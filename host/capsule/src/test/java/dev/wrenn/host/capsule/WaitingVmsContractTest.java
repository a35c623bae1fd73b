package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecOutcome;
import dev.wrenn.host.vmm.FakeVmProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// VMs that wait for creates, above a machine of fakes, with the agent killed or a room failing at
/// each step of handing one over.
class WaitingVmsContractTest {
    @TempDir private Path dataDir;
    private FakeHost host;
    private final CapsuleId first = CapsuleId.random();
    private final CapsuleId id = CapsuleId.random();

    @BeforeEach
    void open() throws IOException {
        host = new FakeHost(dataDir);
        host.warmImages = 2;
        host.waitingVms = 2;
    }

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void aCreateTakesAVmThatWaits() throws Exception {
        var agent = filled();
        var waited = host.vmm.running().stream().filter(FakeVmProcess::paused).toList();
        assertThat(waited).hasSize(2);
        var view = create(agent, id);
        assertThat(view.metadata()).containsKey("kernel_version");
        assertThat(host.vmm.calls()).doesNotContain("restore " + id).contains("resume " + id);
        assertThat(host.vmm.running())
                .filteredOn(vm -> waited.contains(vm) && !vm.paused())
                .singleElement()
                .satisfies(vm ->
                        assertThat(vm.record().workDir())
                                .isEqualTo(sandboxes().resolve(id.toString()).toString()));
        // the guest was told who it is, last
        assertThat(host.guests.values())
                .filteredOn(envd ->
                        envd.inits().size() > 1
                                && envd.inits().getLast().toString().contains("" + id))
                .hasSize(1);
        assertAnswers(agent);
        awaitWaiting(agent, 2); // its place was taken
        end(agent);
    }

    @Test
    void aCapsuleOfOneThatWaitedIsPausedAndGoesOn() throws Exception {
        var agent = filled();
        create(agent, id);
        assertThat(agent.pause(id, 1)).isInstanceOf(SaveOutcome.Done.class);
        assertThat(agent.resume(id, 2, Duration.ZERO)).isInstanceOf(ResumeOutcome.Running.class);
        assertAnswers(agent);
        // and an agent that starts again takes it back
        var next = host.agent();
        assertAnswers(next);
        assertThat(host.running()).isEqualTo(2); // none that waited is left
        end(next);
    }

    /// Fault: the VMs that wait are killed.
    @Test
    void theDeadAreReplaced() throws Exception {
        var agent = filled();
        for (var vm : host.vmm.running())
            if (vm.paused()) host.vmm.die(vm.record().pid(), "killed by a test");
        assertThat(create(agent, id).phase()).isEqualTo(Phase.RUNNING);
        assertAnswers(agent);
        await(() -> host.vmm.running().stream().filter(FakeVmProcess::paused).count() == 2);
        end(agent);
    }

    /// Fault: handing over fails; the warm image itself still serves.
    @ParameterizedTest
    @CsvSource({"before directory", "before assign", "before go on"})
    void aCreateThatCannotHaveItIsRestored(String point) throws Exception {
        var points = new CrashPoints();
        var agent = filled(points);
        points.failAt(point);
        assertThat(create(agent, id).phase()).isEqualTo(Phase.RUNNING);
        assertThat(host.vmm.calls()).contains("restore " + id);
        assertAnswers(agent);
        end(agent);
    }

    /// Fault: the agent is killed at each step of handing one over.
    @ParameterizedTest
    @CsvSource({
        "before directory, false",
        "after directory, false",
        "before assign, false",
        "before write vm, false",
        "after write vm, true",
        "before go on, true",
        "before write running, true",
        "after write running, true",
    })
    void killedWhileHandingOver(String point, boolean survives) throws Exception {
        var points = new CrashPoints();
        var agent = filled(points);
        points.crashAt(point);
        Thread.ofVirtual().start(() -> createAlone(agent));
        points.awaitCrash();
        var next = host.agent();
        await(() -> next.find(id).map(v -> v.phase() != Phase.BOOTING).orElse(true));
        assertThat(next.find(id).isPresent()).isEqualTo(survives);
        if (survives) {
            assertThat(next.find(id).orElseThrow().phase()).isEqualTo(Phase.RUNNING);
            assertAnswers(next);
        }
        assertThat(host.running()).isEqualTo(survives ? 2 : 1); // `first` is the other one
        assertThat(host.slots).hasSize(survives ? 2 : 1);
        end(next);
    }

    @Test
    void theyGiveWayToCapsules() throws Exception {
        host.memory = MemorySize.ofMib(4 * 512);
        var agent = filled();
        create(agent, id); // one that waited: room for all is just enough
        awaitWaiting(agent, 2);
        var third = CapsuleId.random();
        var fourth = CapsuleId.random();
        create(agent, third);
        create(agent, fourth);
        assertThat(agent.usage().memoryReserved()).isEqualTo(host.memory);
        await(() -> host.running() == 4);
        agent.destroy(third);
        agent.destroy(fourth);
        end(agent);
    }

    @Test
    void noneIsLeftWhenTheHostIsShutDown() throws Exception {
        var agent = filled();
        agent.terminate();
        assertThat(host.running()).isZero();
        assertThat(host.slots).isEmpty();
    }

    private Capsules filled() throws Exception {
        return filled(new CrashPoints());
    }

    /// An agent with one capsule, whose boot left the image that two VMs wait with.
    private Capsules filled(CrashPoints points) throws Exception {
        var agent = host.agent(points);
        create(agent, first);
        awaitWaiting(agent, 2);
        return agent;
    }

    private void awaitWaiting(Capsules agent, int count) {
        await(() -> agent.waitingVms() == count);
    }

    private static CapsuleView create(Capsules agent, CapsuleId id) throws InterruptedException {
        return switch (agent.create(FakeHost.request(id, 1))) {
            case CreateOutcome.Created(var view) -> view;
            case CreateOutcome other -> throw new AssertionError(other);
        };
    }

    private void createAlone(Capsules agent) {
        try {
            agent.create(FakeHost.request(id, 1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void assertAnswers(Capsules agent) throws InterruptedException {
        try (var access = (Access.Granted) agent.access(id)) {
            assertThat(access.guest().exec(Command.of("echo", "42")))
                    .isInstanceOf(ExecOutcome.Finished.class);
        }
    }

    private Path sandboxes() {
        return dataDir.resolve("sandboxes");
    }

    private void end(Capsules agent) throws Exception {
        agent.destroy(first);
        agent.destroy(id);
        agent.close();
        assertThat(agent.list()).isEmpty();
        assertThat(host.running()).isZero();
        assertThat(host.slots).isEmpty();
        assertThat(host.directories()).isEqualTo(List.of());
        for (var directory : List.of("snapshots", "waiting"))
            try (var left = Files.list(dataDir.resolve(directory))) {
                assertThat(left).isEmpty();
            }
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        var deadline = Deadline.after(Duration.ofSeconds(20));
        while (!condition.getAsBoolean()) {
            assertThat(deadline.passed()).isFalse();
            LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
        }
    }
}
