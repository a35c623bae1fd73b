package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecOutcome;
import dev.wrenn.host.guest.FakeEnvd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Life of capsules on a machine whose VMs are fakes and whose guests speak the real protocol.
@Timeout(60)
class CapsulesContractTest {
    private static final Duration SOON = Duration.ofSeconds(20);

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
    void aCapsuleRunsCommandsAndLeavesNothing() throws Exception {
        var agent = host.agent();
        var view = create(agent, id);
        assertThat(view.phase()).isEqualTo(Phase.RUNNING);
        assertThat(view.hostIp().orElseThrow().getHostAddress()).isEqualTo("10.11.0.1");
        assertThat(view.startedAt()).isPresent();
        assertThat(view.metadata())
                .containsEntry("kernel_version", "6.1.0")
                .containsEntry("envd_version", "9.9.9")
                .containsEntry("accel", "tcg")
                .containsKeys("vmm_version", "agent_version");
        assertThat(echo(agent, id)).isEqualTo("42\n");

        var record = dataDir.resolve("sandboxes").resolve(id.toString()).resolve("record.json");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(record)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(record.getParent())))
                .isEqualTo("rwx------");
        var identity = host.guests.get(1).inits().getFirst();
        assertThat(identity.path("sandboxId").stringValue()).isEqualTo(id.toString());
        assertThat(identity.path("machineId").stringValue())
                .isEqualTo(id.value().toString().replace("-", ""));
        assertThat(Files.readString(record)).contains(identity.path("accessToken").stringValue());

        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Destroyed());
        assertThat(agent.destroy(id)).isEqualTo(new DestroyOutcome.Unknown());
        assertNothingLeft(agent);
    }

    @Test
    void anEntrypointRunsFromTheStartAndOneThatDoesNotIsTheCapsulesOwnAffair() throws Exception {
        var agent = host.agent();
        assertThat(created(agent, id, List.of("hang", "a b"))).isEqualTo(Phase.RUNNING);
        var guest = host.guests.get(1);
        assertThat(guest.inits().getFirst().path("defaultWorkdir").stringValue()).isEqualTo("/srv");
        assertThat(guest.started()).containsExactly("entrypoint: hang a b");
        assertThat(created(agent, CapsuleId.random(), List.of("no-such"))).isEqualTo(Phase.RUNNING);
        assertThat(host.guests.get(2).started()).containsExactly("entrypoint: no-such");
    }

    private static Phase created(Capsules agent, CapsuleId id, List<String> entrypoint)
            throws InterruptedException {
        var request = FakeHost.request(id, 1);
        var with =
                new CapsuleRequest(
                        id,
                        1,
                        request.team(),
                        request.template(),
                        request.spec(),
                        "root",
                        Map.of(),
                        "/srv",
                        entrypoint,
                        Egress.OPEN);
        return ((CreateOutcome.Created) agent.create(with)).capsule().phase();
    }

    @Test
    void repeatsAreTheSameCapsuleAndOtherLivesAreRefused() throws Exception {
        var agent = host.agent();
        create(agent, id);
        create(agent, id);
        assertThat(host.vmm.running()).hasSize(1);
        assertThat(agent.create(FakeHost.request(id, 2)))
                .isEqualTo(new CreateOutcome.OtherIncarnation(1));
        host.vmm.die(pid(), "gone");
        awaitPhase(agent, id, Phase.STOPPED);
        assertThat(agent.create(FakeHost.request(id, 1)))
                .isInstanceOfSatisfying(
                        CreateOutcome.Created.class,
                        it -> assertThat(it.capsule().cause()).isEqualTo("gone"));
        assertThat(agent.create(FakeHost.request(id, 2)))
                .isInstanceOfSatisfying(
                        CreateOutcome.Created.class,
                        it -> assertThat(it.capsule().phase()).isEqualTo(Phase.RUNNING));
        assertThat(agent.create(FakeHost.request(id, 1)))
                .isEqualTo(new CreateOutcome.OtherIncarnation(2));
    }

    @Test
    void deathOfAVmIsToldWithItsCause() throws Exception {
        var agent = host.agent();
        create(agent, id);
        try (var watch = agent.feed().watch();
                var pool = Executors.newVirtualThreadPerTaskExecutor();
                var access = (Access.Granted) agent.access(id)) {
            assertThat(watch.snapshot()).hasSize(1);
            var exec = pool.submit(() -> access.guest().exec(Command.of("hang")));
            while (host.guests.get(1).running() == 0) Thread.onSpinWait();
            host.vmm.die(pid(), "killed by signal 9");
            var change = (Change.Changed) watch.next(SOON).orElseThrow();
            assertThat(change.capsule().phase()).isEqualTo(Phase.STOPPED);
            assertThat(change.capsule().cause()).isEqualTo("killed by signal 9");
            assertThat(exec.get(10, TimeUnit.SECONDS))
                    .isEqualTo(new ExecOutcome.Unreachable("killed by signal 9"));
        }
        assertThat(agent.access(id)).isEqualTo(new Access.NotRunning(Phase.STOPPED));
        // kept until it is destroyed, also by the next life
        var next = host.agent();
        assertThat(next.find(id).orElseThrow().cause()).isEqualTo("killed by signal 9");
        next.destroy(id);
        assertNothingLeft(next);
    }

    @Test
    void runningCapsulesAreTakenBack() throws Exception {
        var first = host.agent();
        var ids = List.of(CapsuleId.random(), CapsuleId.random(), CapsuleId.random());
        for (var one : ids) create(first, one);

        var second = host.agent();
        for (var one : ids) assertThat(echo(second, one)).isEqualTo("42\n");
        assertThat(second.usage().vcpusReserved()).isEqualTo(3);
        var dying = host.vmm.running().getFirst().record().pid();
        host.vmm.die(dying, "out of memory");
        while (second.list().stream().noneMatch(v -> v.cause().equals("out of memory")))
            Thread.onSpinWait();
        second.terminate();
        assertThat(second.list()).hasSize(3).allMatch(v -> v.phase() == Phase.STOPPED);
        assertThat(host.vmm.running()).isEmpty();
        assertThat(host.slots).isEmpty();
        assertThat(second.create(FakeHost.request(CapsuleId.random(), 1)))
                .isInstanceOf(CreateOutcome.NoRoom.class);
    }

    @Test
    void closingLeavesVmsRunning() throws Exception {
        var agent = host.agent();
        create(agent, id);
        agent.close();
        assertThat(host.vmm.running()).hasSize(1);
    }

    @Test
    void aVmThatDiedUnseenIsStopped() throws Exception {
        create(host.agent(), id);
        host.vmm.running().forEach(vm -> vm.kill());
        var agent = host.agent();
        awaitPhase(agent, id, Phase.STOPPED);
        assertThat(agent.find(id).orElseThrow().cause()).contains("while the host agent was away");
    }

    @Test
    void aBrokenRecordIsSetAsideAndItsVmEnded() throws Exception {
        create(host.agent(), id);
        var directory = dataDir.resolve("sandboxes").resolve(id.toString());
        Files.writeString(directory.resolve("record.json"), "{\"version\":1,");
        var agent = host.agent();
        assertNothingLeft(agent);
        try (var set = Files.list(dataDir.resolve("quarantine"))) {
            assertThat(set.map(p -> p.getFileName().toString()))
                    .singleElement()
                    .asString()
                    .startsWith(id.toString());
        }
    }

    @Test
    void admissionRefusesWhatDoesNotFit() throws Exception {
        host.memory = MemorySize.ofMib(1024);
        var agent = host.agent();
        create(agent, id);
        create(agent, CapsuleId.random());
        var third = CapsuleId.random();
        assertThat(agent.create(FakeHost.request(third, 1)))
                .isInstanceOfSatisfying(
                        CreateOutcome.NoRoom.class,
                        it -> assertThat(it.reason()).contains("memory"));
        agent.destroy(id);
        create(agent, third);
        agent.destroy(third);
        host.diskFull = true;
        assertThat(agent.create(FakeHost.request(CapsuleId.random(), 1)))
                .isInstanceOf(CreateOutcome.DiskFull.class);
    }

    @Test
    void aGuestThatNeverAnswersIsStopped() throws Exception {
        host.bootLimit = Duration.ofMillis(50);
        host.guestsAre(envd -> envd.asleep());
        var agent = host.agent();
        var view = create(agent, id);
        assertThat(view.phase()).isEqualTo(Phase.STOPPED);
        assertThat(view.cause()).startsWith("the guest did not answer");
        agent.destroy(id);
        assertNothingLeft(agent);
    }

    @Test
    void aGuestThatRefusesItsIdentityIsStopped() throws Exception {
        host.guestsAre(envd -> envd.refusingInit(401));
        var agent = host.agent();
        assertThat(create(agent, id).cause()).contains("refused its identity");
    }

    @Test
    void aVmThatDiesWhileBootingSaysWhy() throws Exception {
        var guests = new ArrayList<FakeEnvd>();
        host.guestsAre(envd -> guests.add(envd.asleep()));
        var agent = host.agent();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var created = pool.submit(() -> create(agent, id));
            awaitAsked(guests);
            host.vmm.die(pid(), "guest kernel panic");
            guests.getFirst().wake();
            assertThat(created.get(20, TimeUnit.SECONDS).cause()).isEqualTo("guest kernel panic");
        }
    }

    @Test
    void destroyCancelsABoot() throws Exception {
        var guests = new ArrayList<FakeEnvd>();
        host.guestsAre(envd -> guests.add(envd.asleep()));
        var agent = host.agent();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var created = pool.submit(() -> create(agent, id));
            awaitAsked(guests);
            var destroyed = pool.submit(() -> agent.destroy(id));
            assertThat(destroyed.get(20, TimeUnit.SECONDS))
                    .isEqualTo(new DestroyOutcome.Destroyed());
            assertThat(created.get(20, TimeUnit.SECONDS).cause())
                    .isEqualTo("destroyed while booting");
        }
        assertNothingLeft(agent);
    }

    @Test
    void aCallerThatLeavesDoesNotStopTheBoot() throws Exception {
        var guests = new ArrayList<FakeEnvd>();
        host.guestsAre(envd -> guests.add(envd.asleep()));
        var agent = host.agent();
        var caller =
                Thread.ofVirtual()
                        .start(() -> {
                            try {
                                agent.create(FakeHost.request(id, 1));
                            } catch (InterruptedException e) {
                                Thread.currentThread().interrupt();
                            }
                        });
        awaitAsked(guests);
        caller.interrupt();
        caller.join();
        guests.getFirst().wake();
        assertThat(create(agent, id).phase()).isEqualTo(Phase.RUNNING);
        assertThat(host.vmm.running()).hasSize(1);
    }

    @Test
    void twentyCreatesOfOneIdAreOneVm() throws Exception {
        var agent = host.agent();
        var views = together(20, _ -> () -> create(agent, id));
        assertThat(views).allMatch(v -> v.phase() == Phase.RUNNING);
        assertThat(host.vmm.running()).hasSize(1);
        assertThat(agent.usage().vcpusReserved()).isEqualTo(1);
    }

    @Test
    void twentyCapsulesAtOnceAndTwentyDestroysOfEach() throws Exception {
        var agent = host.agent();
        var views = together(20, _ -> () -> create(agent, CapsuleId.random()));
        assertThat(views).allMatch(v -> v.phase() == Phase.RUNNING);
        assertThat(host.slots).hasSize(20);
        var outcomes = together(40, i -> () -> agent.destroy(views.get(i % views.size()).id()));
        assertThat(outcomes)
                .allMatch(o ->
                        o instanceof DestroyOutcome.Destroyed
                                || o instanceof DestroyOutcome.Unknown);
        assertNothingLeft(agent);
    }

    @Test
    void createAndDestroyRacing() throws Exception {
        var agent = host.agent();
        var ids = new ArrayList<CapsuleId>();
        for (int i = 0; i < 10; i++) ids.add(CapsuleId.random());
        together(
                20,
                i ->
                        () -> {
                            var one = ids.get(i / 2);
                            return i % 2 == 0
                                    ? agent.create(FakeHost.request(one, 1))
                                    : agent.destroy(one);
                        });
        for (var one : ids) agent.destroy(one);
        assertNothingLeft(agent);
    }

    private static CapsuleView create(Capsules agent, CapsuleId id) throws InterruptedException {
        return switch (agent.create(FakeHost.request(id, 1))) {
            case CreateOutcome.Created(var view) -> view;
            case CreateOutcome other -> throw new AssertionError(other.toString());
        };
    }

    private static String echo(Capsules agent, CapsuleId id) throws InterruptedException {
        try (var access = (Access.Granted) agent.access(id)) {
            var outcome = access.guest().exec(Command.of("echo", "42"));
            return ((ExecOutcome.Finished) outcome).stdout().toStringUtf8();
        }
    }

    private int pid() {
        return host.vmm.running().getFirst().record().pid();
    }

    private static void awaitAsked(List<FakeEnvd> guests) throws InterruptedException {
        while (guests.isEmpty()) Thread.onSpinWait();
        guests.getFirst().awaitAsked();
    }

    private static void awaitPhase(Capsules agent, CapsuleId id, Phase phase)
            throws InterruptedException {
        try (var watch = agent.feed().watch()) {
            while (agent.find(id).orElseThrow().phase() != phase) watch.next(SOON);
        }
    }

    private interface Work<T> {
        Callable<T> of(int index);
    }

    private static <T> List<T> together(int count, Work<T> work) throws Exception {
        var barrier = new CyclicBarrier(count);
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<java.util.concurrent.Future<T>>();
            for (int i = 0; i < count; i++) {
                var task = work.of(i);
                futures.add(
                        pool.submit(() -> {
                            barrier.await();
                            return task.call();
                        }));
            }
            var results = new ArrayList<T>();
            for (var future : futures) results.add(future.get(40, TimeUnit.SECONDS));
            return results;
        }
    }

    private void assertNothingLeft(Capsules agent) throws IOException {
        assertThat(agent.list()).isEmpty();
        assertThat(host.vmm.running()).isEmpty();
        assertThat(host.slots).isEmpty();
        assertThat(host.directories()).isEmpty();
        assertThat(agent.usage().vcpusReserved()).isZero();
    }
}
