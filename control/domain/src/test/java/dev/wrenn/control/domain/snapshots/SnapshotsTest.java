package dev.wrenn.control.domain.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.capsules.FakeCapsuleStore;
import dev.wrenn.control.domain.capsules.ScriptedHost;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateType;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SnapshotsTest {
    private static final HostId HOST = HostId.random();
    private static final TeamId TEAM = TeamId.random();
    private static final CapsuleId ID = CapsuleId.random();
    private static final Optional<String> NAME = Optional.of("web");

    private final FakeSnapshotStore store = new FakeSnapshotStore();
    private final FakeCapsuleStore capsules = new FakeCapsuleStore();
    private final HostDirectory hosts = new HostDirectory(InstantSource.system());
    private final ScriptedHost host = new ScriptedHost();
    private final Snapshots snapshots =
            new Snapshots(
                    store, store, capsules, hosts, Copies.NONE, new Random(1), Amounts.NORMAL);

    @BeforeEach
    void place() {
        hosts.put(new Host(HOST, "h:1"), host);
        host.made = new HostAnswer.Done<>(new HostSnapshot(7, 1, MemorySize.ofMib(512), Map.of()));
        capsule(new CapsuleState.Running());
        store.ready.add(
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
                        Optional.empty()));
    }

    private void capsule(CapsuleState state) {
        capsules.put(
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
                        Facts.NONE,
                        Actor.SYSTEM,
                        Instant.EPOCH,
                        Instant.EPOCH));
    }

    private SnapshotOutcome create(boolean overwrite) throws InterruptedException {
        return snapshots.create(TEAM, ID, NAME, overwrite, Actor.SYSTEM);
    }

    @Test
    void onlyARunningOrPausedCapsuleIsGoodEnough() throws Exception {
        for (var state :
                List.of(
                        new CapsuleState.Pending(),
                        new CapsuleState.Pausing(),
                        new CapsuleState.Starting(),
                        new CapsuleState.Missing(),
                        new CapsuleState.Damaged("d"),
                        new CapsuleState.Stopped("s"))) {
            capsule(state);
            assertThat(create(false)).isEqualTo(new SnapshotOutcome.WrongState(state));
        }
        assertThat(host.orders).isEmpty();
        assertThat(snapshots.create(TeamId.random(), ID, NAME, false, Actor.SYSTEM))
                .isEqualTo(new SnapshotOutcome.NotFound());
        capsule(new CapsuleState.Paused());
        assertThat(create(false)).isInstanceOf(SnapshotOutcome.Done.class);
    }

    @Test
    void aNameIsMadeUpWhenNoneIsGiven() throws Exception {
        assertThat(snapshots.create(TEAM, ID, Optional.empty(), false, Actor.SYSTEM))
                .isInstanceOfSatisfying(
                        SnapshotOutcome.Done.class,
                        done -> assertThat(done.template().name()).matches("template-[0-9a-f]{8}"));
    }

    @Test
    void namesAreLookedAtBeforeTheHostIsAsked() throws Exception {
        create(false);
        host.orders.clear();
        assertThat(create(false)).isEqualTo(new SnapshotOutcome.NameTaken("web"));
        assertThat(snapshots.create(TEAM, ID, Optional.of("minimal"), true, Actor.SYSTEM))
                .isEqualTo(new SnapshotOutcome.NameReserved("minimal"));
        assertThat(host.orders).isEmpty();
        assertThat(create(true)).isInstanceOf(SnapshotOutcome.Done.class);
    }

    @Test
    void aRefusalLeavesNothing() throws Exception {
        host.made = new HostAnswer.Refused<>(HostFault.DISK_FULL, "words");
        host.removed = new HostAnswer.Refused<>(HostFault.INTERNAL, "later");
        assertThat(create(false))
                .isEqualTo(new SnapshotOutcome.Failed(HostFault.DISK_FULL, "words"));
        assertThat(store.saving).isEmpty();
        host.removed = new HostAnswer.Done<>(HostAnswer.Nothing.NOTHING);
        snapshots.sweep();
        assertThat(store.deleting).isEmpty();
    }

    /// The host may still be making it: its files are removed when it cannot be any longer.
    @Test
    void withoutAnAnswerTheDraftWaitsForTheSweep() throws Exception {
        host.made = new HostAnswer.Refused<>(HostFault.TIMEOUT, "words");
        assertThat(create(false)).isEqualTo(new SnapshotOutcome.Failed(HostFault.TIMEOUT, "words"));
        assertThat(store.saving).hasSize(1);
        assertThat(host.orders).containsExactly("snapshot");
        snapshots.sweep();
        assertThat(store.saving).isEmpty();
        assertThat(store.deleting).isEmpty();
        assertThat(host.orders).containsExactly("snapshot", "remove");
    }

    /// The sweep of another replica takes place while the host is at it.
    @Test
    void whatIsBeingMadeIsKeptWhileItIsRenewed() throws Exception {
        host.whileMaking =
                () -> {
                    snapshots.renew();
                    snapshots.sweep();
                };
        assertThat(create(false)).isInstanceOf(SnapshotOutcome.Done.class);
        host.whileMaking = snapshots::sweep;
        assertThat(create(true))
                .isEqualTo(new SnapshotOutcome.Failed(HostFault.TIMEOUT, "not made in time"));
        snapshots.renew(); // nothing is being made
        assertThat(store.renewed).isEmpty();
    }

    @Test
    void aHostThatIsAwayKeepsItsRows() throws Exception {
        create(false);
        hosts.remove(HOST);
        assertThat(snapshots.delete(TEAM, "web", Actor.SYSTEM)).isEqualTo(Snapshots.Deletion.DONE);
        snapshots.sweep();
        assertThat(store.deleting).hasSize(1);
        hosts.put(new Host(HOST, "h:1"), host);
        snapshots.sweep();
        assertThat(store.deleting).isEmpty();
    }

    @Test
    void thePlatformsAreNotDeleted() {
        assertThat(snapshots.delete(TEAM, "minimal", Actor.SYSTEM))
                .isEqualTo(Snapshots.Deletion.FORBIDDEN);
        assertThat(snapshots.delete(TEAM, "nope", Actor.SYSTEM))
                .isEqualTo(Snapshots.Deletion.NOT_FOUND);
        assertThat(store.ready).hasSize(1);
    }
}
