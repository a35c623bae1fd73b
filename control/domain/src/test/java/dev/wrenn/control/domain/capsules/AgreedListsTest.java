package dev.wrenn.control.domain.capsules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.reconcile.Reconciler;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A list that says what was found to be true is not compared with the rows again, and everything
/// else is.
class AgreedListsTest {
    private static final HostId HOST = HostId.random();
    private static final CapsuleId ONE = CapsuleId.random();
    private static final CapsuleId TWO = CapsuleId.random();
    private static final Instant LATER = Instant.EPOCH.plusSeconds(60);
    private static final ListSum SUM = new ListSum("5f");
    private static final Instant USED = Instant.EPOCH.plusSeconds(30);

    private final FakeCapsuleStore store = new FakeCapsuleStore();
    private final HostDirectory hosts = new HostDirectory(InstantSource.system());
    private final ScriptedHost host = new ScriptedHost();
    private final Reconciler reconciler =
            new Reconciler(
                    store,
                    new Transitions(store, _ -> {}),
                    hosts,
                    new FakeNetworkStore(),
                    new FakeCarrier(),
                    _ -> {});

    @BeforeEach
    void place() {
        hosts.put(new Host(HOST, "h:1"), host);
        row(ONE, new CapsuleState.Running(), 1);
        row(TWO, new CapsuleState.Running(), 1);
        list(LATER, said(ONE), said(TWO));
        assertThat(store.reads).isEqualTo(1);
    }

    private void row(CapsuleId id, CapsuleState state, long version) {
        store.put(
                new CapsuleRow(
                        id,
                        TeamId.PLATFORM,
                        TeamId.PLATFORM,
                        TemplateId.MINIMAL,
                        "minimal",
                        HOST,
                        new CapsuleSpec(
                                1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO),
                        state,
                        1,
                        version,
                        Facts.NONE,
                        Actor.SYSTEM,
                        Instant.EPOCH,
                        Instant.EPOCH));
    }

    private static HostCapsule said(CapsuleId id) {
        return said(id, HostCapsule.Status.RUNNING, Optional.empty());
    }

    private static HostCapsule said(
            CapsuleId id, HostCapsule.Status status, Optional<Instant> active) {
        return new HostCapsule(
                id,
                1,
                status,
                "",
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                active,
                Map.of(),
                Optional.empty());
    }

    private void list(Instant asked, HostCapsule... capsules) {
        reconciler.snapshot(HOST, asked, List.of(capsules), SUM);
    }

    private CapsuleState state(CapsuleId id) {
        return store.find(id).orElseThrow().state();
    }

    @Test
    void theSameListAgainIsNotCompared() {
        list(LATER, said(TWO), said(ONE));
        list(LATER, said(ONE), said(TWO));
        assertThat(store.reads).isEqualTo(1);
    }

    @Test
    void aListIsOfNoUseAgainWhileTheRowsAreAsTheyWere() {
        assertThat(reconciler.settled(HOST)).isEqualTo(SUM);
        assertThat(reconciler.settled(HostId.random())).isEqualTo(ListSum.NONE);
        row(TWO, new CapsuleState.Missing(), 2);
        assertThat(reconciler.settled(HOST)).isEqualTo(ListSum.NONE);
        list(LATER, said(ONE), said(TWO)); // makes it run
        assertThat(reconciler.settled(HOST)).isEqualTo(ListSum.NONE);
        list(LATER, said(ONE), said(TWO));
        assertThat(reconciler.settled(HOST)).isEqualTo(SUM);
    }

    @Test
    void whatIsKnownOfAHostGoesWithIt() {
        reconciler.gone(HOST);
        assertThat(reconciler.settled(HOST)).isEqualTo(ListSum.NONE);
        list(LATER, said(ONE), said(TWO));
        assertThat(store.reads).isEqualTo(2);
        assertThat(reconciler.settled(HOST)).isEqualTo(SUM);
        hosts.remove(HOST);
        list(LATER, said(ONE), said(TWO)); // was on its way
        assertThat(reconciler.settled(HOST)).isEqualTo(ListSum.NONE);
    }

    @Test
    void aListWithAStrangerIsAskedForAgain() {
        list(LATER, said(ONE), said(TWO), said(CapsuleId.random()));
        assertThat(reconciler.settled(HOST)).isEqualTo(ListSum.NONE);
    }

    @Test
    void aHostThatSaysSomethingElseIsHeard() {
        list(LATER, said(ONE), said(TWO, HostCapsule.Status.STOPPED, Optional.empty()));
        assertThat(state(TWO).isFinal()).isTrue();
        assertThat(state(ONE)).isEqualTo(new CapsuleState.Running());
    }

    @Test
    void rowsThatChangeAreComparedAgain() {
        row(TWO, new CapsuleState.Missing(), 2);
        list(LATER, said(ONE), said(TWO));
        assertThat(state(TWO)).isEqualTo(new CapsuleState.Running());
        list(LATER, said(ONE), said(TWO)); // what it made of them
        list(LATER, said(ONE), said(TWO));
        assertThat(store.reads).isEqualTo(3);
    }

    @Test
    void aRowThatComesIsComparedAlthoughTheHostSaysTheSame() {
        var third = CapsuleId.random();
        row(third, new CapsuleState.Running(), 1);
        host.found = new HostAnswer.Refused<>(HostFault.NOT_FOUND, "no such sandbox");
        list(LATER, said(ONE), said(TWO));
        assertThat(state(third).isFinal()).isTrue();
    }

    @Test
    void whatWasSaidBeforeARowChangedProvesNothingForLater() {
        row(TWO, new CapsuleState.Paused(), 2);
        list(Instant.EPOCH, said(ONE), said(TWO));
        list(Instant.EPOCH, said(ONE), said(TWO));
        assertThat(store.reads).isEqualTo(3);
        assertThat(state(TWO)).isEqualTo(new CapsuleState.Paused());
    }

    @Test
    void aStrangerIsNeverAgreedUpon() {
        var stranger = CapsuleId.random();
        list(LATER, said(ONE), said(TWO), said(stranger));
        list(LATER, said(ONE), said(TWO), said(stranger));
        assertThat(store.reads).isEqualTo(3);
    }

    @Test
    void useIsNotedWithoutComparing() {
        list(LATER, said(ONE), said(TWO, HostCapsule.Status.RUNNING, Optional.of(USED)));
        list(LATER, said(ONE), said(TWO, HostCapsule.Status.RUNNING, Optional.of(USED)));
        assertThat(store.reads).isEqualTo(1);
        assertThat(store.touches).containsExactly(TWO);
    }

    @Test
    void aListThatCouldNotBeComparedIsComparedNext() {
        row(TWO, new CapsuleState.Missing(), 2);
        store.down = true;
        assertThatThrownBy(() -> list(LATER, said(ONE), said(TWO)))
                .isInstanceOf(StoreUnavailableException.class);
        store.down = false;
        list(LATER, said(ONE), said(TWO));
        assertThat(state(TWO)).isEqualTo(new CapsuleState.Running());
    }
}
