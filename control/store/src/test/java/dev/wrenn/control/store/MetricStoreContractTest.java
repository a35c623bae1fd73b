package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricStore;
import dev.wrenn.control.domain.usage.MetricTiers;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What capsules took is due when they stop, kept once, and forgotten in time.
class MetricStoreContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final CapsuleSpec SPEC =
            new CapsuleSpec(2, MemorySize.ofMib(257), MemorySize.ofMib(5120), Duration.ZERO);

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final HostId host = HostId.random();
    private PgCapsuleStore capsules;
    private PgMetricStore metrics;

    @BeforeEach
    void seed() {
        STORE.seed(user, team, host);
        capsules = new PgCapsuleStore(STORE.db());
        metrics = new PgMetricStore(STORE.db());
    }

    private CapsuleRow created() {
        var wanted = STORE.capsule(user, team, host, SPEC);
        return ((Admission.In) capsules.insert(wanted, Amounts.NORMAL)).capsule();
    }

    private CapsuleRow moved(CapsuleRow row, CapsuleState to) {
        var step = new Step(to, 1, Facts.NONE, Actor.SYSTEM, Optional.empty());
        return capsules.advance(row, step).orElseThrow();
    }

    private CapsuleRow running() {
        return moved(created(), new CapsuleState.Running());
    }

    private MetricStore.Due due(CapsuleRow row) {
        var all = metrics.due(List.of(host), 10);
        assertThat(all).extracting(MetricStore.Due::id).contains(row.id());
        return all.stream().filter(d -> d.id().equals(row.id())).findFirst().orElseThrow();
    }

    private static MetricTiers points(long from, int count, long step) {
        var points = new ArrayList<MetricPoint>();
        for (int i = 0; i < count; i++)
            points.add(new MetricPoint(Instant.ofEpochSecond(from + i * step), 12.5, 1L << 41, i));
        return new MetricTiers(points, points, points);
    }

    @Test
    void aStopIsDueAndIsKeptOnce() {
        var row = running();
        assertThat(metrics.find(row.id())).isEmpty();
        moved(row, new CapsuleState.Paused());
        var due = due(row);
        assertThat(metrics.find(row.id()).orElseThrow().complete()).isFalse();
        metrics.keep(due, points(1_000_000, 3, 1));
        var kept = metrics.find(row.id()).orElseThrow();
        assertThat(kept.complete()).isTrue();
        assertThat(kept.tiers()).isEqualTo(points(1_000_000, 3, 1));
        assertThat(metrics.due(List.of(host), 10)).isEmpty();
        metrics.keep(due, points(2_000_000, 3, 1)); // a late answer about a stop that is told
        assertThat(metrics.find(row.id()).orElseThrow().tiers()).isEqualTo(kept.tiers());
    }

    @Test
    void whatNeverRanIsNotAskedFor() {
        moved(created(), new CapsuleState.Stopped("no room"));
        assertThat(metrics.due(List.of(host), 10)).isEmpty();
    }

    @Test
    void aLaterStopIsAnotherAndKeepsWhatWasBefore() {
        var row = moved(running(), new CapsuleState.Paused());
        var first = due(row);
        metrics.keep(first, points(1_000_000, 3, 1));
        row = moved(row, new CapsuleState.Stopped("asked for"));
        var second = due(row);
        metrics.keep(first, points(1, 9, 1));
        assertThat(metrics.find(row.id()).orElseThrow().complete()).isFalse();
        metrics.keep(second, points(1_000_002, 2, 1));
        var tiers = metrics.find(row.id()).orElseThrow().tiers();
        assertThat(tiers.tenMinutes())
                .extracting(point -> point.at().getEpochSecond())
                .containsExactly(1_000_000L, 1_000_001L, 1_000_002L, 1_000_003L);
    }

    @Test
    void aHostThatHasNothingLeavesWhatThereWas() {
        var row = moved(running(), new CapsuleState.Paused());
        metrics.keep(due(row), points(1_000_000, 3, 1));
        row = moved(row, new CapsuleState.Stopped("asked for"));
        metrics.keep(due(row), MetricTiers.NOTHING);
        assertThat(metrics.find(row.id()).orElseThrow().tiers().day()).hasSize(3);
    }

    @Test
    void whatFailsWaits() {
        var row = moved(running(), new CapsuleState.Paused());
        metrics.later(due(row));
        assertThat(metrics.due(List.of(host), 10)).isEmpty();
        assertThat(metrics.due(List.of(), 10)).isEmpty();
        assertThat(metrics.find(row.id()).orElseThrow().complete()).isFalse();
    }

    @Test
    void itIsForgottenAfterTheEndAndNotBefore() {
        var paused = moved(running(), new CapsuleState.Paused());
        var ended = moved(running(), new CapsuleState.Stopped("asked for"));
        metrics.keep(due(paused), points(1_000_000, 3, 1));
        metrics.keep(due(ended), points(1_000_000, 3, 1));
        metrics.forget(Instant.now().minusSeconds(60));
        assertThat(metrics.find(ended.id())).isPresent();
        metrics.forget(Instant.now().plusSeconds(60));
        assertThat(metrics.find(ended.id())).isEmpty();
        assertThat(metrics.find(paused.id())).isPresent();
    }

    @Test
    void aTeamThatIsDeletedTakesItAlong() {
        var first = moved(running(), new CapsuleState.Paused());
        var second = running();
        metrics.keep(due(first), points(1_000_000, 3, 1));
        STORE.db()
                .with(h ->
                        h.createUpdate("update teams set deleted_at = now() where id = :id")
                                .bind("id", team.value())
                                .execute());
        assertThat(metrics.find(first.id())).isEmpty();
        moved(first, new CapsuleState.Stopped("its team is gone"));
        moved(second, new CapsuleState.Stopped("its team is gone"));
        assertThat(metrics.due(List.of(host), 10)).isEmpty();
    }
}
