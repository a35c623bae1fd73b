package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.capsules.NewCapsule;
import dev.wrenn.control.domain.capsules.Step;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Seed;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.teams.Amounts;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StoresContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();

    private static Database db;

    private final UserId user = UserId.random();
    private final TeamId team = TeamId.random();
    private final HostId host = HostId.random();
    private PgCapsuleStore capsules;

    @BeforeAll
    static void open() throws Exception {
        db = database();
    }

    private static Database database() throws InterruptedException {
        var url =
                DatabaseUrl.parse(
                        POSTGRES.jdbcUrl() + "?user=" + POSTGRES.user(),
                        Optional.of(new Secret(POSTGRES.password())));
        return Database.open(url, 8, Duration.ofSeconds(20));
    }

    @AfterAll
    static void close() {
        db.close();
    }

    @BeforeEach
    void seed() {
        new PgSeedStore(db, new Random(host.hashCode())).seed(seed("h:1"));
        capsules = new PgCapsuleStore(db);
    }

    private Seed seed(String address) {
        return new Seed(
                user,
                user + "@Example.org ",
                "$hash",
                team,
                "hash-" + user,
                "wrn_x",
                host,
                address);
    }

    private NewCapsule wanted() {
        var template = new PgTemplateStore(db).byName(team, "minimal").orElseThrow();
        var spec =
                new CapsuleSpec(
                        2, MemorySize.ofMib(256), CapsuleSpec.DEFAULT_DISK, Duration.ofSeconds(9));
        return new NewCapsule(
                CapsuleId.random(),
                team,
                user,
                Actor.SYSTEM,
                template,
                host,
                new dev.wrenn.control.domain.hosts.Capacity(
                        dev.wrenn.common.model.MemorySize.ofMib(1 << 20), 10_000),
                spec,
                PortSettings.DEFAULT);
    }

    private CapsuleRow insert() {
        return ((Admission.In) capsules.insert(wanted(), Amounts.NORMAL)).capsule();
    }

    private Optional<CapsuleRow> advance(
            CapsuleRow row, CapsuleState to, long incarnation, Facts facts) {
        return capsules.advance(
                row, new Step(to, incarnation, facts, Actor.SYSTEM, Optional.empty()));
    }

    private static void sql(String text) throws SQLException {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    @Test
    void whatIsStoredComesBack() {
        var row = insert();
        assertThat(capsules.find(row.id())).hasValue(row);
        assertThat(row.spec().idleTimeout()).isEqualTo(Duration.ofSeconds(9));
        assertThat(row.template()).isEqualTo(TemplateId.MINIMAL);
        assertThat(row.templateTeam()).isEqualTo(TeamId.PLATFORM);
        assertThat(row.state()).isEqualTo(new CapsuleState.Pending());
        assertThat(capsules.find(TeamId.random(), row.id())).isEmpty();
        assertThat(capsules.find(CapsuleId.random())).isEmpty();
        var facts =
                new Facts(
                        Optional.of("10.11.0.1"),
                        Optional.of("169.254.0.21"),
                        Optional.of(Instant.parse("2026-01-01T00:00:00.123Z")),
                        Optional.empty(),
                        Map.of("a", "\"quoted\" ü"));
        var running = advance(row, new CapsuleState.Running(), 1, facts).orElseThrow();
        assertThat(running.facts()).isEqualTo(facts);
        assertThat(running.version()).isEqualTo(2);
        assertThat(running.updatedAt()).isAfter(row.updatedAt());
        var stopped = advance(running, new CapsuleState.Stopped("why"), 1, facts).orElseThrow();
        assertThat(stopped.state()).isEqualTo(new CapsuleState.Stopped("why"));
        assertThat(capsules.alive(team)).isEmpty();
        assertThat(capsules.aliveOn(host)).isEmpty();
        assertThat(capsules.byIds(List.of(row.id(), CapsuleId.random()))).containsExactly(stopped);
    }

    @Test
    void onlyOneOfManyWritersAdvances() throws Exception {
        var row = insert();
        int won = 0;
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<Optional<CapsuleRow>>>();
            for (int i = 0; i < 8; i++)
                futures.add(
                        pool.submit(() -> advance(row, new CapsuleState.Running(), 1, Facts.NONE)));
            for (var future : futures) if (future.get().isPresent()) won++;
        }
        assertThat(won).isEqualTo(1);
    }

    @Test
    void theLimitIsExactWhenManyInsertAtOnce() throws Exception {
        int stored = 0;
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var five = new Amounts(5, 100, 100_000, 100_000, 0);
            var futures = new ArrayList<Future<Admission>>();
            for (int i = 0; i < 12; i++)
                futures.add(pool.submit(() -> capsules.insert(wanted(), five)));
            for (var future : futures) if (future.get() instanceof Admission.In) stored++;
        }
        assertThat(stored).isEqualTo(5);
        assertThat(capsules.alive(team)).hasSize(5);
    }

    @Test
    void theListIsNewestFirst() {
        var first = insert();
        var second = insert();
        assertThat(capsules.alive(team)).containsExactly(second, first);
        assertThat(capsules.aliveOn(host)).containsExactlyInAnyOrder(first, second);
        var third = insert();
        assertThat(capsules.alive(team, Optional.empty(), 2)).containsExactly(third, second);
        assertThat(capsules.alive(team, Optional.of(second.id()), 2)).containsExactly(first);
        assertThat(capsules.alive(team, Optional.of(CapsuleId.random()), 2)).isEmpty();
    }

    @Test
    void theMarkOfAHostIsAnotherOneWithEachChange() {
        var seen = new ArrayList<CapsuleStore.Mark>();
        seen.add(capsules.markOf(host));
        var one = insert();
        seen.add(capsules.markOf(host));
        var other = insert();
        seen.add(capsules.markOf(host));
        for (var row : List.of(one, other)) {
            var running = advance(row, new CapsuleState.Running(), 1, Facts.NONE).orElseThrow();
            seen.add(capsules.markOf(host));
            advance(running, new CapsuleState.Missing(), 1, Facts.NONE);
            seen.add(capsules.markOf(host));
        }
        assertThat(seen).doesNotHaveDuplicates();
        capsules.touch(one.id(), Instant.now());
        assertThat(capsules.markOf(host)).isEqualTo(seen.getLast());
        assertThat(seen.getLast().count()).isEqualTo(2);
        assertThat(seen.getFirst()).isEqualTo(new CapsuleStore.Mark(0, 0));
    }

    @Test
    void everyStateIsStored() {
        for (var state :
                List.of(
                        new CapsuleState.Running(),
                        new CapsuleState.Pausing(),
                        new CapsuleState.Paused(),
                        new CapsuleState.Starting(),
                        new CapsuleState.Missing(),
                        new CapsuleState.Damaged("checksum"),
                        new CapsuleState.Failed("no room"))) {
            var row = advance(insert(), state, 2, Facts.NONE).orElseThrow();
            assertThat(row.state()).isEqualTo(state);
            assertThat(row.incarnation()).isEqualTo(2);
            assertThat(capsules.find(row.id())).hasValue(row);
        }
        assertThat(capsules.alive(team))
                .extracting(row -> row.state().word())
                .containsExactly("missing", "starting", "paused", "pausing", "running");
    }

    @Test
    void thoseWithAnIntentAreFoundByAge() {
        var pending = insert();
        var pausing = store(new CapsuleState.Pausing());
        var starting = store(new CapsuleState.Starting());
        var others = List.of(store(new CapsuleState.Running()), store(new CapsuleState.Paused()));
        assertThat(capsules.unsettled(Duration.ofHours(1), 10)).isEmpty();
        assertThat(capsules.unsettled(Duration.ZERO, 100))
                .containsSubsequence(pending, pausing, starting)
                .doesNotContainAnyElementsOf(others);
    }

    private CapsuleRow store(CapsuleState state) {
        return advance(insert(), state, 1, Facts.NONE).orElseThrow();
    }

    @Test
    void activityOnlyMovesForward() {
        var row = insert();
        var later = Instant.parse("2026-01-02T00:00:00Z");
        capsules.touch(row.id(), later);
        capsules.touch(row.id(), later.minusSeconds(5));
        var now = capsules.find(row.id()).orElseThrow();
        assertThat(now.facts().lastActiveAt()).hasValue(later);
        assertThat(now.version()).isEqualTo(row.version());
    }

    @Test
    void seedingAgainMovesOnlyTheHost() {
        var store = new PgSeedStore(db, new Random(1));
        store.seed(seed("h:2"));
        store.seed(seed("h:3"));
        assertThat(new PgHostStore(db).all())
                .filteredOn(h -> h.id().equals(host))
                .singleElement()
                .extracting(h -> h.address())
                .isEqualTo("h:3");
    }

    @Test
    void aKeyDiesWithItsTeamItsCreatorAndTheMembership() throws Exception {
        var keys = new PgApiKeyStore(db);
        var hash = "hash-" + user;
        var key = keys.byHash(hash).orElseThrow();
        assertThat(key.principal().team()).isEqualTo(team);
        assertThat(key.principal().user()).isEqualTo(user);
        var credential = (Credential.Key) key.principal().credential();
        assertThat(keys.byId(credential.id())).hasValue(key.principal());
        keys.touch(credential.id());
        record Change(String there, String back) {}
        for (var change :
                List.of(
                        new Change(
                                "update users set status = 'disabled' where id = '%2$s'",
                                "update users set status = 'active' where id = '%2$s'"),
                        new Change(
                                "update teams set deleted_at = now() where id = '%1$s'",
                                "update teams set deleted_at = null where id = '%1$s'"),
                        new Change(
                                "update api_keys set expires_at = now() where created_by = '%2$s'",
                                "update api_keys set expires_at = null where created_by = '%2$s'"),
                        new Change(
                                "delete from team_members where team_id = '%1$s'", "select 1"))) {
            sql(change.there.formatted(team.value(), user.value()));
            assertThat(keys.byHash(hash)).as(change.there).isEmpty();
            sql(change.back.formatted(team.value(), user.value()));
        }
    }

    @Test
    void aPlatformNameIsReserved() {
        var insert =
                "insert into templates (id, team_id, name, type, vcpus, memory_mb)"
                        + " values (gen_random_uuid(), '%s', '%s', 'base', 1, 512)";
        assertThatThrownBy(() -> sql(insert.formatted(team.value(), "minimal")))
                .hasMessageContaining("reserved");
        assertThat(new PgTemplateStore(db).byId(TemplateId.MINIMAL).orElseThrow().platform())
                .isTrue();
    }

    @Test
    void anotherTeamsTemplateIsNotSeen() throws Exception {
        var name = "own-" + team.base36();
        sql(
                ("insert into templates (id, team_id, name, type, vcpus, memory_mb)"
                                + " values (gen_random_uuid(), '%s', '%s', 'snapshot', 2, 1024)")
                        .formatted(team.value(), name));
        var templates = new PgTemplateStore(db);
        assertThat(templates.byName(team, name)).isPresent();
        assertThat(templates.byName(TeamId.random(), name)).isEmpty();
        assertThat(templates.visibleTo(team))
                .extracting(t -> t.name())
                .containsExactly(name, "minimal");
    }

    @Test
    void oneLeads() throws Exception {
        try (var other = database();
                var first = new LeaderLock(db, "work-" + host);
                var second = new LeaderLock(other, "work-" + host)) {
            assertThat(first.held()).isTrue();
            assertThat(second.held()).isFalse();
            assertThat(first.held()).isTrue();
            first.close();
            assertThat(second.held()).isTrue();
            assertThat(first.held()).isFalse();
        }
    }

    @Test
    void whoGivesOneLeadUpKeepsTheOthers() throws Exception {
        try (var other = database();
                var given = new LeaderLock(db, "given-" + host);
                var kept = new LeaderLock(db, "kept-" + host);
                var rivalOfGiven = new LeaderLock(other, "given-" + host);
                var rivalOfKept = new LeaderLock(other, "kept-" + host)) {
            assertThat(given.held()).isTrue();
            assertThat(kept.held()).isTrue();
            given.close();
            assertThat(rivalOfGiven.held()).isTrue();
            assertThat(rivalOfKept.held()).isFalse();
            assertThat(kept.held()).isTrue();
        }
    }

    @Test
    void aLostLeadIsTakenAgain() throws Exception {
        try (var lock = new LeaderLock(db, "lost-" + host)) {
            assertThat(lock.held()).isTrue();
            sql(
                    "select pg_terminate_backend(pid) from pg_locks"
                            + " where locktype = 'advisory' and granted");
            assertThat(lock.held()).isTrue();
        }
    }

    /// As when its process is stopped: it holds the connection and does not ask any more.
    @Test
    void whoAsksForNothingAnyMoreLeadsNoLonger() throws Exception {
        var name = "silent-" + host;
        try (var silent = new LockSession(db, Duration.ofMillis(500));
                var other = database();
                var next = new LeaderLock(other, name)) {
            assertThat(silent.hold(name)).isTrue();
            assertThat(next.held()).isFalse();
            long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
            while (!next.held()) assertThat(System.nanoTime()).isLessThan(end);
            assertThat(silent.hold(name)).as("it finds that out").isFalse();
        }
    }
}
