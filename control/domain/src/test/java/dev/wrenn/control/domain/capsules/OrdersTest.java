package dev.wrenn.control.domain.capsules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleStatus;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class OrdersTest {
    private static final HostId HOST = HostId.random();
    private static final Capacity ROOMY = new Capacity(MemorySize.ofMib(1 << 20), 10_000);

    private final FakeCapsuleStore store = new FakeCapsuleStore();
    private final List<String> told = new ArrayList<>();
    private final Transitions transitions =
            new Transitions(store, row -> told.add(row.status().wire()));
    private final HostDirectory hosts = new HostDirectory(InstantSource.system());
    private final ScriptedHost host = new ScriptedHost();
    private final Orders orders =
            new Orders(transitions, hosts, _ -> GuestDefaults.NONE, _ -> Egress.OPEN, Carrier.NONE);
    private CapsuleRow row;

    @BeforeEach
    void place() {
        hosts.put(new Host(HOST, "h:1"), host);
        var template =
                new Template(
                        TemplateId.MINIMAL,
                        TeamId.PLATFORM,
                        "minimal",
                        TemplateType.BASE,
                        1,
                        MemorySize.ofMib(512),
                        0,
                        Instant.EPOCH,
                        Map.of(),
                        Optional.empty());
        var spec =
                new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);
        var wanted =
                new NewCapsule(
                        CapsuleId.random(),
                        TeamId.random(),
                        UserId.random(),
                        Actor.SYSTEM,
                        template,
                        HOST,
                        ROOMY,
                        spec,
                        PortSettings.DEFAULT);
        row = ((Admission.In) store.insert(wanted, Amounts.NORMAL)).capsule();
    }

    private HostAnswer<HostCapsule> said(HostCapsule.Status status) {
        return new HostAnswer.Done<>(
                new HostCapsule(
                        row.id(),
                        1,
                        status,
                        "cause",
                        Optional.of("10.11.0.1"),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Map.of("k", "v"),
                        Optional.empty()));
    }

    private static HostAnswer<HostCapsule> refused(HostFault fault) {
        return new HostAnswer.Refused<>(fault, "words");
    }

    private Orders.Result boot() throws Exception {
        return orders.first(row).get(10, TimeUnit.SECONDS);
    }

    private CapsuleStatus status() {
        return store.find(row.id()).orElseThrow().status();
    }

    @Test
    void aBootIsStoredWithWhatTheHostTold() throws Exception {
        host.answers.add(said(HostCapsule.Status.RUNNING));
        assertThat(boot()).isInstanceOf(Orders.Result.Done.class);
        var stored = store.find(row.id()).orElseThrow();
        assertThat(stored.status()).isEqualTo(CapsuleStatus.RUNNING);
        assertThat(stored.facts().hostIp()).hasValue("10.11.0.1");
        assertThat(stored.facts().metadata()).containsEntry("k", "v");
        assertThat(told).containsExactly("running");
        assertThat(orders.count()).isZero();
    }

    @Test
    void aBootThatIsStillUnderWayIsAskedForAgain() throws Exception {
        host.answers.add(said(HostCapsule.Status.BOOTING));
        host.answers.add(said(HostCapsule.Status.RUNNING));
        assertThat(boot()).isInstanceOf(Orders.Result.Done.class);
    }

    @Test
    void aFailureIsStoredWithItsWordsAndCleanedUp() throws Exception {
        for (var answer : List.of(refused(HostFault.DISK_FULL), said(HostCapsule.Status.STOPPED))) {
            place();
            host.answers.clear();
            host.answers.add(answer);
            assertThat(boot()).isInstanceOf(Orders.Result.Failed.class);
            assertThat(status()).isEqualTo(CapsuleStatus.ERROR);
            assertThat(host.destroyed).contains(row.id());
        }
    }

    @Test
    void anUnreachableHostFailsAFirstBootAndIsTriedAgainAfterACrash() throws Exception {
        host.answers.add(refused(HostFault.UNREACHABLE));
        assertThat(boot())
                .isInstanceOfSatisfying(
                        Orders.Result.Failed.class,
                        down -> assertThat(down.fault()).isEqualTo(HostFault.UNREACHABLE));
        assertThat(host.destroyed).isEmpty();
        place();
        host.answers.add(said(HostCapsule.Status.RUNNING));
        orders.again(row);
        assertThat(boot()).isInstanceOf(Orders.Result.Done.class); // joins the one under way
    }

    /// Fault: the agent is gone when the capsule is created, and back a moment later.
    @Test
    void aHostThatComesBackSoonBootsWhatItWasAskedFor() throws Exception {
        host.answers.add(refused(HostFault.UNREACHABLE));
        host.answers.add(refused(HostFault.UNCONNECTED));
        host.answers.add(said(HostCapsule.Status.RUNNING));
        assertThat(orders.first(row, _ -> fail("it may have begun")).get(10, TimeUnit.SECONDS))
                .isInstanceOf(Orders.Result.Done.class);
        assertThat(host.orders).containsExactly("create 1", "create 1", "create 1");
    }

    @Test
    void whatWasNeverSentIsTriedOnAnotherHostOnce() throws Exception {
        var asked = new AtomicInteger();
        host.answers.add(refused(HostFault.UNCONNECTED));
        host.answers.add(refused(HostFault.UNCONNECTED));
        host.answers.add(said(HostCapsule.Status.RUNNING));
        Function<CapsuleRow, Optional<CapsuleRow>> none =
                _ -> {
                    asked.incrementAndGet();
                    return Optional.empty();
                };
        assertThat(orders.first(row, none).get(10, TimeUnit.SECONDS))
                .isInstanceOf(Orders.Result.Done.class);
        assertThat(asked).hasValue(1);
    }

    @Test
    void whatWasNeverSentMovesToAnotherHost() throws Exception {
        var other = new ScriptedHost();
        var there = HostId.random();
        hosts.put(new Host(there, "h:2"), other);
        host.answers.add(refused(HostFault.UNCONNECTED));
        other.answers.add(said(HostCapsule.Status.RUNNING));
        var result =
                orders.first(row, from -> store.move(from, there, ROOMY)).get(10, TimeUnit.SECONDS);
        assertThat(result).isInstanceOf(Orders.Result.Done.class);
        assertThat(store.find(row.id()).orElseThrow().host()).isEqualTo(there);
        assertThat(host.orders).hasSize(1);
    }

    @Test
    void whatWasDestroyedMeanwhileIsDestroyedOnTheHost() throws Exception {
        host.gate = new CountDownLatch(1);
        host.answers.add(said(HostCapsule.Status.RUNNING));
        var future = orders.first(row);
        transitions.apply(row.id(), 1, new CapsuleEvent.Destroyed("x"), null);
        host.gate.countDown();
        assertThat(future.get(10, TimeUnit.SECONDS)).isInstanceOf(Orders.Result.Ended.class);
        assertThat(status()).isEqualTo(CapsuleStatus.STOPPED);
        assertThat(host.destroyed).containsExactly(row.id());
    }

    @Test
    void aStopLeavesTheRowPending() throws Exception {
        host.gate = new CountDownLatch(1);
        host.answers.add(refused(HostFault.UNREACHABLE));
        var future = orders.first(row);
        host.asked.await();
        orders.stop(Duration.ZERO);
        host.gate.countDown();
        assertThat(future.get(10, TimeUnit.SECONDS)).isInstanceOf(Orders.Result.Open.class);
        assertThat(status()).isEqualTo(CapsuleStatus.PENDING);
    }

    @Test
    void withoutADatabaseTheRowStaysAsItIs() throws Exception {
        host.answers.add(said(HostCapsule.Status.RUNNING));
        store.down = true;
        assertThat(boot()).isInstanceOf(Orders.Result.Open.class);
        store.down = false;
        assertThat(status()).isEqualTo(CapsuleStatus.PENDING);
    }

    @Test
    void whoLosesARaceDecidesAgain() {
        store.beforeAdvance =
                () -> transitions.apply(row.id(), 1, new CapsuleEvent.Destroyed("first"), null);
        var now = transitions.apply(row.id(), 1, new CapsuleEvent.Booted(), null);
        assertThat(now.orElseThrow().status()).isEqualTo(CapsuleStatus.STOPPED);
        assertThat(told).containsExactly("stopped");
    }

    @Test
    void eventsOfAnotherLifeChangeNothing() {
        var now = transitions.apply(row.id(), 0, new CapsuleEvent.Died("old"), null);
        assertThat(now.orElseThrow().status()).isEqualTo(CapsuleStatus.PENDING);
        assertThat(transitions.apply(CapsuleId.random(), 1, new CapsuleEvent.Booted(), null))
                .isEmpty();
    }

    @Test
    void eventsThatComeTooLateChangeNothing() {
        transitions.apply(row.id(), 1, new CapsuleEvent.Booted(), null);
        var now = transitions.apply(row.id(), 1, new CapsuleEvent.BootFailed("late"), null);
        assertThat(now.orElseThrow().status()).isEqualTo(CapsuleStatus.RUNNING);
    }
}
