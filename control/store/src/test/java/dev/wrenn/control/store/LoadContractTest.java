package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.capsules.Step;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.usage.Load;
import dev.wrenn.control.domain.usage.LoadStore;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What teams run is told by the changes of their capsules, exactly and for as long as it is kept.
class LoadContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final CapsuleSpec SPEC =
            new CapsuleSpec(2, MemorySize.ofMib(257), MemorySize.ofMib(5120), Duration.ZERO);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final HostId host = HostId.random();
    private PgCapsuleStore capsules;
    private PgLoadStore loads;

    @BeforeEach
    void seed() {
        STORE.seed(user, team, host);
        capsules = new PgCapsuleStore(STORE.db());
        loads = new PgLoadStore(STORE.db());
    }

    private CapsuleRow created() {
        var wanted = STORE.capsule(user, team, host, SPEC);
        return ((Admission.In) capsules.insert(wanted, Amounts.NORMAL)).capsule();
    }

    private CapsuleRow moved(CapsuleRow row, CapsuleState to) {
        var step = new Step(to, 1, Facts.NONE, Actor.SYSTEM, Optional.empty());
        return capsules.advance(row, step).orElseThrow();
    }

    private Load now() {
        var history = loads.history(team, MINUTE, 2);
        return history.buckets().isEmpty() ? history.before() : history.buckets().getLast().last();
    }

    /// A change in the past, which no capsule makes any more.
    private void was(Instant at, long running, long vcpus, long memoryMb) {
        STORE.db()
                .inTransaction(h ->
                        h.createUpdate(
                                        """
                                        insert into team_loads (team_id, at, running, vcpus, memory_mb)
                                        values (:team, :at, :running, :vcpus, :memory)
                                        """)
                                .bind("team", team.value())
                                .bind("at", at.atOffset(ZoneOffset.UTC))
                                .bind("running", running)
                                .bind("vcpus", vcpus)
                                .bind("memory", memoryMb)
                                .execute());
    }

    private int rows() {
        return STORE.db()
                .with(h ->
                        h.createQuery("select count(*) from team_loads where team_id = :team")
                                .bind("team", team.value())
                                .mapTo(Integer.class)
                                .one());
    }

    @Test
    void eachChangeOfACapsuleCounts() {
        assertThat(now()).isEqualTo(Load.NOTHING);
        var first = created();
        var second = created();
        assertThat(now()).isEqualTo(new Load(2, 4, 514));
        first = moved(first, new CapsuleState.Running());
        assertThat(rows()).as("from pending to running nothing changes").isEqualTo(2);
        first = moved(first, new CapsuleState.Paused());
        assertThat(now()).isEqualTo(new Load(1, 2, 257 + 129));
        moved(second, new CapsuleState.Stopped("asked for"));
        moved(first, new CapsuleState.Stopped("asked for"));
        assertThat(now()).isEqualTo(Load.NOTHING);
        var minutes = loads.history(team, MINUTE, 3);
        var most = Load.NOTHING;
        for (var bucket : minutes.buckets())
            if (bucket.most().running() > most.running()) most = bucket.most();
        assertThat(most).isEqualTo(new Load(2, 4, 514));
    }

    @Test
    void aHistoryBeginsWithWhatThereWas() {
        var now = Instant.now();
        was(now.minus(Duration.ofHours(3)), 3, 6, 900);
        was(now.minus(Duration.ofMinutes(90)), -1, -2, -300);
        var history = loads.history(team, Duration.ofHours(1), 2);
        assertThat(history.before().running()).isIn(2L, 3L);
        assertThat(now()).isEqualTo(new Load(2, 4, 600));
        assertThat(loads.history(TeamId.random(), MINUTE, 3).before()).isEqualTo(Load.NOTHING);
    }

    @Test
    void daysAreCountedByTheClockAndNotBySamples() {
        var day = LocalDate.now(ZoneOffset.UTC).minusDays(10);
        var start = day.atStartOfDay().toInstant(ZoneOffset.UTC);
        was(start.plus(Duration.ofHours(23)), 1, 2, 512); // one hour of that day
        was(start.plus(Duration.ofHours(25)), -1, -2, -256); // and one of the next
        was(start.plus(Duration.ofHours(72)), 0, 0, -256);
        var days = loads.days(team, day.minusDays(1), day.plusDays(3));
        assertThat(days).extracting(LoadStore.Day::date).startsWith(day.minusDays(1)).hasSize(5);
        assertThat(days)
                .extracting(LoadStore.Day::vcpuMinutes)
                .containsExactly(0.0, 120.0, 120.0, 0.0, 0.0);
        assertThat(days)
                .extracting(LoadStore.Day::memoryMbMinutes)
                .containsExactly(
                        0.0, 60 * 512.0, 60 * 512.0 + 23 * 60 * 256.0, 24 * 60 * 256.0, 0.0);
    }

    @Test
    void todayIsCountedUpToNowAndNoDayFurther() {
        var now = Instant.now();
        was(now.minus(Duration.ofDays(2)), 1, 3, 100);
        var today = now.atOffset(ZoneOffset.UTC);
        var days = loads.days(team, today.toLocalDate(), today.toLocalDate().plusDays(1));
        double minutes = today.toLocalTime().toSecondOfDay() / 60.0;
        assertThat(days.getFirst().vcpuMinutes()).isCloseTo(3 * minutes, within(3.0));
        assertThat(days.getLast().vcpuMinutes()).isZero();
    }

    @Test
    void whatIsFoldedIsNotLost() {
        var now = Instant.now();
        was(now.minus(Duration.ofDays(120)), 5, 5, 500);
        was(now.minus(Duration.ofDays(110)), -3, -3, -300);
        was(now.minus(Duration.ofDays(5)), 1, 1, 100);
        loads.fold(now.minus(Duration.ofDays(100)));
        assertThat(rows()).isEqualTo(2);
        assertThat(now()).isEqualTo(new Load(3, 3, 300));
        loads.fold(now.minus(Duration.ofDays(99)));
        assertThat(rows()).isEqualTo(2);
        was(now.minus(Duration.ofDays(98)), -3, -3, -300);
        loads.fold(now.minus(Duration.ofDays(4)));
        assertThat(rows()).as("nothing is left of nothing").isZero();
    }
}
