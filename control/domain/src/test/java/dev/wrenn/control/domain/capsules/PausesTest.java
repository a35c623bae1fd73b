package dev.wrenn.control.domain.capsules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.CapsuleStatus;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostReport;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.hosts.Reserved;
import dev.wrenn.control.domain.hosts.RoundRobin;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PausesTest {
    private static final HostId HOST = HostId.random();
    private static final HostId OTHER = HostId.random();
    private static final TeamId TEAM = TeamId.random();
    private static final CapsuleId ID = CapsuleId.random();

    private final FakeCapsuleStore store = new FakeCapsuleStore();
    private final List<String> told = new ArrayList<>();
    private final Transitions transitions =
            new Transitions(store, row -> told.add(row.status().wire()));
    private final HostDirectory hosts = new HostDirectory(InstantSource.system());
    private final ScriptedHost host = new ScriptedHost();
    private final FakeCarrier carrier = new FakeCarrier();
    private final PlacementStore facts =
            new PlacementStore() {
                @Override
                public Map<HostId, Reserved> reserved(Collection<HostId> ids) {
                    throw new UnsupportedOperationException();
                }

                @Override
                public boolean bringsHosts(TeamId team) {
                    return false;
                }
            };
    private final Orders orders =
            new Orders(transitions, hosts, _ -> GuestDefaults.NONE, _ -> Egress.OPEN, carrier);
    private final Elsewhere elsewhere =
            new Elsewhere(store, hosts, new RoundRobin(), facts, transitions, carrier);
    private final Pauses pauses =
            new Pauses(store, hosts, transitions, orders, elsewhere, Amounts.NORMAL);

    @BeforeEach
    void place() {
        hosts.put(new Host(HOST, "h:1"), host);
        row(new CapsuleState.Running());
    }

    private CapsuleRow row(CapsuleState state) {
        var row =
                new CapsuleRow(
                        ID,
                        TEAM,
                        TeamId.PLATFORM,
                        TemplateId.MINIMAL,
                        "minimal",
                        HOST,
                        new CapsuleSpec(
                                1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO),
                        state,
                        1,
                        1,
                        new Facts(
                                Optional.of("10.11.0.1"),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Map.of("accel", "kvm")),
                        Actor.SYSTEM,
                        Instant.EPOCH,
                        Instant.EPOCH);
        store.put(row);
        return row;
    }

    private CapsuleRow now() {
        return store.find(ID).orElseThrow();
    }

    private static HostAnswer<HostCapsule> said(HostCapsule.Status status, long incarnation) {
        var reason =
                status == HostCapsule.Status.PAUSED
                        ? Optional.of(HostCapsule.PauseReason.ASKED)
                        : Optional.<HostCapsule.PauseReason>empty();
        return new HostAnswer.Done<>(
                new HostCapsule(
                        ID,
                        incarnation,
                        status,
                        "cause",
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(),
                        reason));
    }

    private static HostAnswer<HostCapsule> refused(HostFault fault) {
        return new HostAnswer.Refused<>(fault, "words");
    }

    @Test
    void aWordThatCameLateDoesNotWakeWhatIsPaused() {
        var paused = row(new CapsuleState.Paused());
        var late = new CapsuleEvent.Booted();
        assertThat(transitions.apply(ID, 1, late, null)).contains(paused);
        assertThat(now()).isEqualTo(paused);
        // An answer to a question put after this row was seen is no late word.
        transitions.applyTo(paused, late, null);
        assertThat(now().state()).isEqualTo(new CapsuleState.Running());
    }

    @Test
    void aPauseIsStoredBeforeTheHostIsAskedAndAfter() throws Exception {
        host.gate = new CountDownLatch(1);
        host.answers.add(said(HostCapsule.Status.PAUSING, 1));
        host.answers.add(said(HostCapsule.Status.PAUSED, 1));
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var pause = pool.submit(() -> pauses.pause(TEAM, ID, Actor.SYSTEM));
            host.asked.await();
            assertThat(now().state()).isEqualTo(new CapsuleState.Pausing());
            assertThat(now().status()).isEqualTo(CapsuleStatus.RUNNING);
            assertThat(told).isEmpty(); // nothing that a client could see has changed
            assertThat(pauses.pause(TEAM, ID, Actor.SYSTEM))
                    .isEqualTo(new Outcomes.Change.WrongState(new CapsuleState.Pausing()));
            host.gate.countDown();
            assertThat(pause.get()).isEqualTo(new Outcomes.Change.Done(now()));
        }
        assertThat(now().state()).isEqualTo(new CapsuleState.Paused());
        assertThat(now().facts().hostIp()).isEmpty();
        assertThat(now().facts().metadata())
                .isEqualTo(Map.of("accel", "kvm", "pause_reason", "asked"));
        assertThat(host.orders).containsExactly("pause 1", "pause 1");
        assertThat(told).containsExactly("paused");
    }

    @Test
    void aPauseThatFailsLeavesItRunning() throws Exception {
        for (var fault : List.of(HostFault.DISK_FULL, HostFault.INTERNAL, HostFault.CONFLICT)) {
            host.answers.clear();
            host.answers.add(refused(fault));
            assertThat(pauses.pause(TEAM, ID, Actor.SYSTEM))
                    .isEqualTo(new Outcomes.Change.Failed(fault, "words"));
            assertThat(now().state()).isEqualTo(new CapsuleState.Running());
        }
        assertThat(host.destroyed).isEmpty();
    }

    @Test
    void anUnknownOutcomeIsLeftToTheSweep() throws Exception {
        for (var fault : List.of(HostFault.UNREACHABLE, HostFault.TIMEOUT)) {
            row(new CapsuleState.Running());
            host.answers.clear();
            host.answers.add(refused(fault));
            assertThat(pauses.pause(TEAM, ID, Actor.SYSTEM))
                    .isEqualTo(new Outcomes.Change.Failed(fault, "words"));
            assertThat(now().state()).isEqualTo(new CapsuleState.Pausing());
        }
        host.answers.clear();
        host.answers.add(refused(HostFault.UNREACHABLE));
        host.answers.add(said(HostCapsule.Status.PAUSED, 1));
        orders.again(now());
        assertThat(orders.first(now()).get(10, TimeUnit.SECONDS))
                .isInstanceOf(Orders.Result.Done.class); // joins the one under way
        assertThat(now().state()).isEqualTo(new CapsuleState.Paused());
    }

    @Test
    void whatTheHostDoesNotHaveIsStopped() throws Exception {
        host.answers.add(refused(HostFault.NOT_FOUND));
        assertThat(pauses.pause(TEAM, ID, Actor.SYSTEM))
                .isInstanceOf(Outcomes.Change.WrongState.class);
        assertThat(now().status()).isEqualTo(CapsuleStatus.STOPPED);
    }

    @Test
    void aResumeBeginsAnotherLife() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.PAUSED, 1);
        host.answers.add(said(HostCapsule.Status.RESUMING, 2));
        host.answers.add(said(HostCapsule.Status.RUNNING, 2));
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Done(now()));
        assertThat(now().state()).isEqualTo(new CapsuleState.Running());
        assertThat(now().incarnation()).isEqualTo(2);
        assertThat(now().facts().metadata()).doesNotContainKey("pause_reason");
        assertThat(host.orders).containsExactly("resume 2", "resume 2");
        transitions.apply(ID, 1, new CapsuleEvent.Died("the earlier one"), null);
        assertThat(now().status()).isEqualTo(CapsuleStatus.RUNNING);
    }

    @Test
    void aResumeThatFailsLeavesItPausedAndTheNextOneIsAnotherLife() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.PAUSED, 1);
        for (var fault : List.of(HostFault.NO_ROOM, HostFault.CONFLICT, HostFault.INTERNAL)) {
            host.answers.clear();
            host.answers.add(refused(fault));
            assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                    .isEqualTo(new Outcomes.Change.Failed(fault, "words"));
            assertThat(now().state()).isEqualTo(new CapsuleState.Paused());
        }
        assertThat(host.orders).containsExactly("resume 2", "resume 3", "resume 4");
        assertThat(host.destroyed).isEmpty();
    }

    @Test
    void aDamagedImageIsAnErrorAndIsKept() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.PAUSED, 1);
        host.answers.add(refused(HostFault.DATA_LOSS));
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Failed(HostFault.DATA_LOSS, "words"));
        assertThat(now().state()).isEqualTo(new CapsuleState.Damaged("words"));
        assertThat(host.destroyed).isEmpty();
        assertThat(transitions.end(ID, "x", Actor.SYSTEM).orElseThrow().state())
                .isEqualTo(new CapsuleState.Stopped("x"));
    }

    @Test
    void aHostThatIsAwayChangesNothing() throws Exception {
        var before = row(new CapsuleState.Paused());
        host.found = refused(HostFault.UNREACHABLE);
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Failed(HostFault.UNREACHABLE, "words"));
        assertThat(now()).isEqualTo(before);
        assertThat(host.orders).isEmpty();
    }

    private ScriptedHost another() {
        var other = new ScriptedHost();
        hosts.put(new Host(OTHER, "h:2"), other);
        hosts.heard(OTHER);
        var memory = MemorySize.ofMib(1024);
        var capacity = new Capacity(memory, 8);
        hosts.report(
                OTHER,
                new HostReport(
                        true, "", 4, memory, MemorySize.ofMib(0), memory, 0, capacity, Set.of()));
        return other;
    }

    /// What the other host had of it before must not go on, and nothing is sent before it is asked.
    @Test
    void aCapsuleWhoseHostIsSilentGoesOnOnAnotherWithItsCopy() throws Exception {
        row(new CapsuleState.Paused());
        carrier.copied = true;
        host.found = refused(HostFault.UNREACHABLE);
        var other = another();
        other.answers.add(refused(HostFault.NOT_FOUND));
        other.answers.add(said(HostCapsule.Status.RUNNING, 3));
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Done(now()));
        assertThat(now().host()).isEqualTo(OTHER);
        assertThat(now().state()).isEqualTo(new CapsuleState.Running());
        long life = now().incarnation();
        assertThat(other.orders)
                .containsExactly("destroy up to 1", "resume " + life, "resume " + life);
        assertThat(carrier.asked).containsExactly("bring " + (life - 1));
        assertThat(host.orders).isEmpty();
    }

    @Test
    void aHostThatIsHeardKeepsItsCapsules() throws Exception {
        var before = row(new CapsuleState.Paused());
        carrier.copied = true;
        another();
        hosts.heard(HOST);
        host.found = refused(HostFault.UNREACHABLE);
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Failed(HostFault.UNREACHABLE, "words"));
        assertThat(now()).isEqualTo(before);
    }

    @Test
    void aCapsuleOfAHostThatIsSetAsideGoesOnOnAnother() throws Exception {
        row(new CapsuleState.Paused());
        carrier.copied = true;
        hosts.describe(new Host(HOST, "h:1", Optional.empty(), true, Set.of()));
        hosts.heard(HOST);
        another().answers.add(said(HostCapsule.Status.RUNNING, 3));
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Done(now()));
        assertThat(now().host()).isEqualTo(OTHER);
        assertThat(host.orders).isEmpty();
    }

    @Test
    void aCopyThatCannotBeBroughtLeavesTheCapsulePaused() throws Exception {
        row(new CapsuleState.Paused());
        carrier.copied = true;
        carrier.brought = new Carrier.Brought.Failed(HostFault.DISK_FULL, "full");
        host.found = refused(HostFault.UNREACHABLE);
        another().answers.add(refused(HostFault.NOT_FOUND));
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Failed(HostFault.DISK_FULL, "full"));
        assertThat(now().state()).isEqualTo(new CapsuleState.Paused());
        assertThat(carrier.asked).doesNotContain("doubt");
    }

    /// The answer to an earlier resume was lost: asking for another life would be refused.
    @Test
    void aResumeThatGotThroughUnheardIsAdopted() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.RUNNING, 1);
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.Done(now()));
        assertThat(now().state()).isEqualTo(new CapsuleState.Running());
        assertThat(host.orders).isEmpty();
    }

    @Test
    void oneOfTwoResumesLoses() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.PAUSED, 1);
        host.answers.add(said(HostCapsule.Status.RUNNING, 2));
        store.beforeAdvance =
                () -> transitions.begin(now(), new CapsuleEvent.ResumeAsked(), Actor.SYSTEM);
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.WrongState(new CapsuleState.Starting()));
    }

    @Test
    void onlyARunningOneIsPausedOnlyAPausedOneResumed() throws Exception {
        assertThat(pauses.resume(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.WrongState(new CapsuleState.Running()));
        row(new CapsuleState.Paused());
        assertThat(pauses.pause(TEAM, ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.WrongState(new CapsuleState.Paused()));
        assertThat(pauses.pause(TeamId.random(), ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.NotFound());
        assertThat(pauses.resume(TeamId.random(), ID, Actor.SYSTEM))
                .isEqualTo(new Outcomes.Change.NotFound());
        assertThat(host.orders).isEmpty();
    }

    @Test
    void whatWasDestroyedWhileItWasResumedIsDestroyedOnTheHost() throws Exception {
        row(new CapsuleState.Paused());
        host.found = said(HostCapsule.Status.PAUSED, 1);
        host.gate = new CountDownLatch(1);
        host.answers.add(said(HostCapsule.Status.RUNNING, 2));
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var resume = pool.submit(() -> pauses.resume(TEAM, ID, Actor.SYSTEM));
            host.asked.await();
            transitions.end(ID, "x", Actor.SYSTEM);
            host.gate.countDown();
            assertThat(resume.get())
                    .isEqualTo(new Outcomes.Change.WrongState(new CapsuleState.Stopped("x")));
        }
        assertThat(host.destroyed).containsExactly(ID);
    }
}
