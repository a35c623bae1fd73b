package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.control.domain.channels.DeliveryStore.Claimed;
import dev.wrenn.control.domain.identity.Seed;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/// A claim of deliveries costs what it takes, not what waits or has waited; and takes the first of
/// each resource.
class ClaimContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();

    private static final int CHANNELS = 20;
    private static final int EVENTS = 2000;
    private static final int RESOURCES = 50;
    private static final int EACH = 16;
    private static final int LIMIT = 256;

    /// For each row of the windows its page, and some of indexes and of rows that are gone. What
    /// waits has four times as many rows.
    private static final int MOST_PAGES = 4 * CHANNELS * PgDeliveryStore.WINDOW;

    private Database db;
    private PgDeliveryStore store;

    @BeforeEach
    void fill() throws Exception {
        var url =
                DatabaseUrl.parse(
                        POSTGRES.jdbcUrl() + "?user=" + POSTGRES.user(),
                        Optional.of(new Secret(POSTGRES.password())));
        db = Database.open(url, 4, Duration.ofSeconds(20));
        store = new PgDeliveryStore(db);
        var user = UserId.random();
        var team = TeamId.random();
        var host = HostId.random();
        new PgSeedStore(db, new Random(host.hashCode()))
                .seed(
                        new Seed(
                                user,
                                user + "@example.org",
                                "$hash",
                                team,
                                "hash-" + user,
                                "wrn_x",
                                host,
                                "h:1"));
        run(
                """
                delete from channels; delete from events;
                alter table deliveries set (autovacuum_enabled = off); -- statistics stay old
                """);
        run(
                """
                insert into channels (id, team_id, name, provider, config, events)
                select gen_random_uuid(), '%s', 'c' || i, 'webhook', '{}', '{capsule.created}'
                  from generate_series(1, %d) i;
                with rows as (
                    insert into audit_logs (id, team_id, actor_type, actor_name, resource_type,
                                            resource_id, action, scope, status)
                    select gen_random_uuid(), '%s', 'user', 'x', 'sandbox', 'cl-' || i %% %d,
                           'create', 'team', 'success'
                      from generate_series(1, %d) i
                    returning id, team_id)
                insert into events (number, audit_id, team_id, event)
                select nextval('event_numbers'), id, team_id, 'capsule.created' from rows;
                insert into deliveries (channel_id, event_number, event, resource)
                select c.id, e.number, e.event, 'sandbox ' || a.resource_id
                  from events e join audit_logs a on a.id = e.audit_id cross join channels c
                 order by e.number;
                """
                        .formatted(team.value(), CHANNELS, team.value(), RESOURCES, EVENTS));
    }

    @AfterEach
    void close() {
        store.close();
        db.close();
    }

    private void run(String statements) {
        db.with(h -> h.createScript(statements).execute());
    }

    private List<Claimed> claim() {
        return store.claim(List.of(), EACH, LIMIT, Duration.ofMinutes(1));
    }

    /// Pages that a claim touches.
    private int pages() {
        return db.inTransaction(h -> {
            var plan =
                    h.createQuery(
                                    "explain (analyze, buffers, format json) "
                                            + PgDeliveryStore.CLAIM)
                            .bind("without", new UUID[0])
                            .bind("each", EACH)
                            .bind("window", PgDeliveryStore.WINDOW)
                            .bind("limit", LIMIT)
                            .bind("lease", 60.0)
                            .bind("me", "a test")
                            .mapTo(String.class)
                            .one();
            h.rollback();
            var root = JsonMapper.shared().readTree(plan).get(0).get("Plan");
            return root.get("Shared Hit Blocks").asInt() + root.get("Shared Read Blocks").asInt();
        });
    }

    @Test
    void manyThatWaitMakeNoClaimDearer() {
        assertThat(pages()).isLessThan(MOST_PAGES);
    }

    @Test
    void manyThatWereDeliveredMakeNoClaimDearer() {
        run(
                """
                update deliveries set state = 'delivered', finished_at = now()
                 where event_number <= (select max(number) - 100 from events);
                """);
        assertThat(pages()).isLessThan(MOST_PAGES);
        assertThat(claim()).hasSize(LIMIT);
    }

    @Test
    void manyThatHaveToWaitLongerMakeNoClaimDearer() {
        run("update deliveries set due_at = now() + interval '1 hour'");
        assertThat(pages()).isLessThan(MOST_PAGES);
        assertThat(claim()).isEmpty();
    }

    @Test
    void theFirstOfEachResourceIsClaimedAndNothingOvertakesIt() {
        var first =
                claim().stream()
                        .collect(
                                Collectors.groupingBy(
                                        Claimed::channel,
                                        Collectors.mapping(
                                                c -> c.item().number(), Collectors.toList())));
        long least =
                db.with(h ->
                        h.createQuery("select min(number) from events").mapTo(Long.class).one());
        assertThat(first).hasSize(LIMIT / EACH);
        for (var numbers : first.values())
            assertThat(numbers)
                    .hasSize(EACH)
                    .allSatisfy(n -> assertThat(n).isBetween(least, least + EACH - 1));
        int all = LIMIT;
        for (var some = claim(); !some.isEmpty(); some = claim()) all += some.size();
        // Of every channel each resource has its first one under way: nothing else may be claimed.
        assertThat(all).isEqualTo(CHANNELS * RESOURCES);
    }
}
