package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.snapshots.Draft;
import dev.wrenn.control.domain.snapshots.SnapshotStore;
import dev.wrenn.control.domain.snapshots.SnapshotStore.Published;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.TemplateType;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SnapshotStoreContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final CapsuleSpec SPEC =
            new CapsuleSpec(2, MemorySize.ofMib(256), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);
    private static final HostSnapshot MADE =
            new HostSnapshot(77, 2, MemorySize.ofMib(256), Map.of("accel", "kvm"));

    private final TeamId team = TeamId.random();
    private final HostId host = HostId.random();
    private PgSnapshotStore snapshots;
    private PgTemplateStore templates;

    @BeforeEach
    void seed() {
        var user = UserId.random();
        STORE.seed(user, team, host);
        snapshots = new PgSnapshotStore(STORE.db());
        templates = new PgTemplateStore(STORE.db());
    }

    private Draft begin(String name) {
        var draft = new Draft(TemplateId.random(), team, name, Optional.of(host));
        assertThat(snapshots.begin(draft, SPEC, LEASE, Amounts.NORMAL))
                .isEqualTo(new SnapshotStore.Begun.Done());
        return draft;
    }

    private Published publish(Draft draft, boolean overwrite) {
        return snapshots.publish(draft.id(), MADE, overwrite, Actor.SYSTEM);
    }

    private static void sql(String text) throws SQLException {
        try (var connection = STORE.connect();
                var statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    @Test
    void aDraftIsSeenByNobodyUntilItIsPublished() {
        var draft = begin("a");
        assertThat(templates.byName(team, "a")).isEmpty();
        assertThat(templates.byId(draft.id())).isEmpty();
        assertThat(templates.visibleTo(team)).hasSize(1);
        assertThat(publish(draft, false)).isInstanceOf(Published.Done.class);
        var template = templates.byName(team, "a").orElseThrow();
        assertThat(template.type()).isEqualTo(TemplateType.SNAPSHOT);
        assertThat(template.host()).hasValue(host);
        assertThat(template.sizeBytes()).isEqualTo(77);
        assertThat(template.metadata()).containsEntry("accel", "kvm");
        assertThat(publish(draft, false)).isEqualTo(new Published.Gone());
    }

    @Test
    void theSecondOfANameIsRefusedOrTakesItsPlace() {
        var first = begin("a");
        publish(first, false);
        var second = begin("a");
        assertThat(publish(second, false)).isEqualTo(new Published.Taken());
        assertThat(templates.byName(team, "a").orElseThrow().id()).isEqualTo(first.id());
        assertThat(publish(second, true))
                .isInstanceOfSatisfying(
                        Published.Done.class, done -> assertThat(done.replaced()).hasValue(first));
        assertThat(templates.byName(team, "a").orElseThrow().id()).isEqualTo(second.id());
        assertThat(snapshots.doomed(100)).contains(first);
        snapshots.forget(first.id());
        snapshots.forget(second.id()); // not doomed: stays
        assertThat(snapshots.doomed(100)).doesNotContain(first);
        assertThat(templates.byName(team, "a")).isPresent();
    }

    @Test
    void whoOverwritesAtTheSameMomentTakesTheOthersPlace() throws Exception {
        var drafts = new ArrayList<Draft>();
        for (int i = 0; i < 4; i++) drafts.add(begin("a"));
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<Published>>();
            for (var draft : drafts) futures.add(pool.submit(() -> publish(draft, true)));
            for (var future : futures) assertThat(future.get()).isInstanceOf(Published.Done.class);
        }
        var left = templates.byName(team, "a").orElseThrow();
        drafts.removeIf(draft -> draft.id().equals(left.id()));
        assertThat(drafts).hasSize(3);
        assertThat(snapshots.doomed(100)).containsAll(drafts);
    }

    @Test
    void aDeletedNameIsFreeAtOnce() {
        var first = begin("a");
        publish(first, false);
        assertThat(snapshots.delete(TeamId.random(), "a", Actor.SYSTEM)).isEmpty();
        assertThat(snapshots.delete(team, "a", Actor.SYSTEM)).hasValue(first);
        assertThat(snapshots.delete(team, "a", Actor.SYSTEM)).isEmpty();
        assertThat(templates.byName(team, "a")).isEmpty();
        assertThat(publish(begin("a"), false)).isInstanceOf(Published.Done.class);
        assertThat(snapshots.doomed(100)).contains(first);
    }

    @Test
    void onlyDraftsWithoutALeaseAreGivenUp() throws Exception {
        var fresh = begin("a");
        var renewed = begin("d");
        var old = begin("b");
        var ready = begin("c");
        publish(ready, false);
        sql(
                ("update templates set leased_until = now() - interval '1 second'"
                                + " where id in ('%s', '%s', '%s')")
                        .formatted(old.id(), ready.id(), renewed.id()));
        snapshots.renew(Set.of(renewed.id(), ready.id()), LEASE);
        snapshots.discardAbandoned();
        assertThat(snapshots.doomed(100)).contains(old).doesNotContain(fresh, ready, renewed);
        snapshots.renew(Set.of(old.id()), LEASE); // too late
        assertThat(publish(old, false)).isEqualTo(new Published.Gone());
        snapshots.discard(fresh.id());
        snapshots.discard(ready.id()); // no draft any more: stays
        assertThat(snapshots.doomed(100)).contains(fresh).doesNotContain(ready);
    }

    @Test
    void aNameOfThePlatformIsReserved() throws Exception {
        var draft = new Draft(TemplateId.random(), team, "minimal", Optional.of(host));
        assertThat(snapshots.begin(draft, SPEC, LEASE, Amounts.NORMAL))
                .isEqualTo(new SnapshotStore.Begun.Reserved());
        var shared = "shared-" + team.base36();
        var late = begin(shared);
        sql(
                ("insert into templates (id, team_id, name, type, vcpus, memory_mb)"
                                + " values (gen_random_uuid(), '%s', '%s', 'base', 1, 512)")
                        .formatted(TeamId.PLATFORM.value(), shared));
        assertThat(publish(late, true)).isEqualTo(new Published.Reserved());
        assertThat(templates.byName(team, shared).orElseThrow().platform()).isTrue();
        snapshots.discard(late.id()); // what only goes needs no name
        assertThat(snapshots.doomed(100)).contains(late);
    }

    @Test
    void aPlatformTemplateThatGoesFreesItsName() throws Exception {
        var shared = "going-" + team.base36();
        sql(
                ("insert into templates (id, team_id, name, type, vcpus, memory_mb, state)"
                                + " values (gen_random_uuid(), '%s', '%s', 'base', 1, 512,"
                                + " 'deleting')")
                        .formatted(TeamId.PLATFORM.value(), shared));
        assertThat(publish(begin(shared), false)).isInstanceOf(Published.Done.class);
    }

    @Test
    void thePhaseOfACapsuleFitsItsStatus() {
        for (var bad : new String[] {"'stopped', 'pausing'", "'running', 'damaged'"}) {
            var parts = bad.split(", ");
            assertThatThrownBy(() ->
                            sql(
                                    ("insert into capsules (id, team_id, created_by,"
                                                    + " template_team_id, template_id, template_name,"
                                                    + " host_id, status, phase, vcpus, memory_mb,"
                                                    + " disk_mb, timeout_sec, incarnation, version,"
                                                    + " created_at, updated_at) select"
                                                    + " gen_random_uuid(), '%s', id, id, id, 'x', '%s',"
                                                    + " %s, %s, 1, 1, 1, 0, 1, 1, now(), now() from"
                                                    + " users limit 1")
                                            .formatted(
                                                    team.value(),
                                                    host.value(),
                                                    parts[0],
                                                    parts[1])))
                    .hasMessageContaining("capsules_phase_known");
        }
    }
}
