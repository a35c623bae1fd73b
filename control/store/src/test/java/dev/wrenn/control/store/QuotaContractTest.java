package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.capsules.NewCapsule;
import dev.wrenn.control.domain.capsules.Step;
import dev.wrenn.control.domain.platform.Quota;
import dev.wrenn.control.domain.snapshots.Draft;
import dev.wrenn.control.domain.snapshots.SnapshotStore.Begun;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a team may have holds exactly, also when many ask at once.
class QuotaContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final int AT_ONCE = 12;
    private static final String ALIVE = "team_id = :team and status not in ('stopped', 'error')";
    private static final String AWAKE = ALIVE + " and status not in ('paused', 'hibernated')";
    private static final CapsuleSpec SPEC =
            new CapsuleSpec(2, MemorySize.ofMib(256), MemorySize.ofMib(5120), Duration.ZERO);

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final HostId host = HostId.random();
    private PgCapsuleStore capsules;
    private PgSnapshotStore snapshots;

    @BeforeEach
    void seed() {
        STORE.seed(user, team, host);
        capsules = new PgCapsuleStore(STORE.db());
        snapshots = new PgSnapshotStore(STORE.db());
    }

    private NewCapsule wanted() {
        return STORE.capsule(user, team, host, SPEC);
    }

    private static <T> List<T> atOnce(Callable<T> work) throws Exception {
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<T>>();
            for (int i = 0; i < AT_ONCE; i++) futures.add(pool.submit(work));
            var all = new ArrayList<T>();
            for (var future : futures) all.add(future.get());
            return all;
        }
    }

    private void only(int expected, String words, Amounts limit) throws Exception {
        int in = 0;
        for (var admission : atOnce(() -> capsules.insert(wanted(), limit))) {
            if (admission instanceof Admission.In) in++;
            else
                assertThat(admission)
                        .isInstanceOfSatisfying(
                                Admission.Full.class,
                                full -> assertThat(full.excess().words()).isEqualTo(words));
        }
        assertThat(in).as(words).isEqualTo(expected);
    }

    @Test
    void capsulesAreCounted() throws Exception {
        only(3, "capsules", new Amounts(3, 99, 99_999, 99_999, 0));
    }

    @Test
    void vcpusAreCounted() throws Exception {
        only(3, "vCPUs in use", new Amounts(99, 7, 99_999, 99_999, 0));
    }

    @Test
    void memoryIsCounted() throws Exception {
        only(3, "MiB of memory in use", new Amounts(99, 99, 3 * 256 + 255, 99_999, 0));
    }

    @Test
    void disksAreCounted() throws Exception {
        only(3, "MiB of disk", new Amounts(99, 99, 99_999, 3 * 5120, 0));
    }

    @Test
    void snapshotsAreCountedByName() throws Exception {
        var limit = new Amounts(9, 9, 9_999, 9_999, 3);
        int begun = 0;
        for (var one : atOnce(() -> begin("s-" + CapsuleId.random(), limit)))
            if (one instanceof Begun.Done) begun++;
            else assertThat(one).isInstanceOf(Begun.Full.class);
        assertThat(begun).isEqualTo(3);
        // Who has no room for another name may still replace what has one.
        var known = new PgTeamStore(STORE.db(), new Random(1)).usage(team, limit);
        assertThat(known.used().snapshots()).isEqualTo(3);
        var roomier = new Amounts(9, 9, 9_999, 9_999, 4);
        assertThat(begin("mine", roomier)).isEqualTo(new Begun.Done());
        assertThat(begin("mine", roomier)).isEqualTo(new Begun.Done());
        assertThat(begin("other", roomier)).isInstanceOf(Begun.Full.class);
    }

    private Begun begin(String name, Amounts limit) {
        var draft = new Draft(TemplateId.random(), team, name, Optional.of(host));
        return snapshots.begin(draft, SPEC, Duration.ofMinutes(1), limit);
    }

    private static Step to(CapsuleState state, long incarnation) {
        return new Step(state, incarnation, Facts.NONE, Actor.SYSTEM, Optional.empty());
    }

    @Test
    void whatIsPausedTakesNoProcessorAndResumesOnlyIntoRoom() throws Exception {
        var roomy = new Amounts(99, 99, 99_999, 99_999, 0);
        var paused = new ArrayList<CapsuleRow>();
        for (int i = 0; i < AT_ONCE; i++) {
            var row = ((Admission.In) capsules.insert(wanted(), roomy)).capsule();
            paused.add(capsules.advance(row, to(new CapsuleState.Paused(), 1)).orElseThrow());
        }
        var used = new PgTeamStore(STORE.db(), new Random(1)).usage(team, roomy).used();
        assertThat(used.vcpus()).isZero();
        assertThat(used.memoryMb()).isZero();
        assertThat(used.diskMb()).isEqualTo(AT_ONCE * 5120L);
        var four = new Amounts(1, 8, 99_999, 1, 0); // fewer capsules than there are
        var next = paused.iterator();
        int resumed = 0;
        for (var admission :
                atOnce(() -> {
                    CapsuleRow row;
                    synchronized (next) {
                        row = next.next();
                    }
                    return capsules.resume(row, to(new CapsuleState.Starting(), 2), four);
                })) if (admission instanceof Admission.In) resumed++;
        assertThat(resumed).isEqualTo(4);
    }

    /// Of two ways to know what a team uses one is quick; they must never differ.
    @Test
    void whatIsCountedAheadIsWhatIsThere() throws Exception {
        var roomy = new Amounts(9_999, 99_999, 9_999_999, 9_999_999, 0);
        var lives =
                List.<CapsuleState>of(
                        new CapsuleState.Running(),
                        new CapsuleState.Paused(),
                        new CapsuleState.Starting(),
                        new CapsuleState.Missing(),
                        new CapsuleState.Stopped("done"));
        for (int round = 0; round < 8; round++) {
            atOnce(() -> {
                var row = ((Admission.In) capsules.insert(wanted(), roomy)).capsule();
                int steps = Math.floorMod(row.id().value().hashCode(), lives.size() + 1);
                for (var state : lives.subList(0, steps))
                    row = capsules.advance(row, to(state, 1)).orElseThrow();
                return row;
            });
            assertThat(new PgTeamStore(STORE.db(), new Random(1)).usage(team, roomy).used())
                    .isEqualTo(counted());
        }
        long rows = number("select count(*) from team_uses where team_id = :team");
        assertThat(rows).as("changes of %d capsules are made one", 8 * AT_ONCE).isLessThan(160);
        STORE.db()
                .with(h ->
                        h.createUpdate("delete from capsules where team_id = :team")
                                .bind("team", team.value())
                                .execute());
        assertThat(new PgTeamStore(STORE.db(), new Random(1)).usage(team, roomy).used())
                .isEqualTo(new Amounts(0, 0, 0, 0, 0));
    }

    private Amounts counted() {
        return new Amounts(
                number("select count(*) from capsules where " + ALIVE),
                number("select coalesce(sum(vcpus), 0) from capsules where " + AWAKE),
                number("select coalesce(sum(memory_mb), 0) from capsules where " + AWAKE),
                number("select coalesce(sum(disk_mb), 0) from capsules where " + ALIVE),
                0);
    }

    private long number(String query) {
        return STORE.db()
                .with(h -> h.createQuery(query).bind("team", team.value()).mapTo(Long.class).one());
    }

    @Test
    void aTeamMayHaveLimitsOfItsOwn() throws Exception {
        var normal = new Amounts(1, 99, 99_999, 99_999, 0);
        var platform = new PgPlatformStore(STORE.db());
        var three =
                new Quota(
                        Optional.of(3L),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty());
        assertThat(platform.setQuota(team, three, Actor.SYSTEM)).isTrue();
        only(3, "capsules", normal);
        assertThat(platform.setQuota(TeamId.random(), three, Actor.SYSTEM)).isFalse();
    }

    @Test
    void aDeletedTeamGetsNothing() {
        new PgTeamStore(STORE.db(), new Random(1)).delete(team, Actor.SYSTEM);
        assertThat(capsules.insert(wanted(), Amounts.NORMAL)).isEqualTo(new Admission.Lost());
        assertThat(begin("late", Amounts.NORMAL)).isEqualTo(new Begun.NoTeam());
    }
}
