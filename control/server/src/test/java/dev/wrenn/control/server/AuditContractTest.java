package dev.wrenn.control.server;

import static dev.wrenn.control.server.Person.body;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.RedisClient;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The audit trail: what is in it, who sees it, its pages, and that it stays.
class AuditContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static List<JsonNode> rows(Person who, String query) {
        var all = new ArrayList<JsonNode>();
        who.api().get("/v1/audit-logs" + query).body().path("items").forEach(all::add);
        return all;
    }

    private static String line(JsonNode row) {
        return row.path("resource_type").asString()
                + " "
                + row.path("action").asString()
                + " "
                + row.path("actor_type").asString()
                + " "
                + row.path("status").asString();
    }

    @Test
    void theLifeOfACapsuleIsTold() {
        var ada = Person.signUp(api, "Ada");
        var key = ada.key("full");
        var id = key.post("/v1/capsules", "{}").id();
        assertThat(ada.api().post("/v1/capsules/" + id + "/pause", null).status()).isEqualTo(200);
        assertThat(key.post("/v1/capsules/" + id + "/resume", null).status()).isEqualTo(200);
        var snapshot = body("sandbox_id", id, "name", "web");
        assertThat(key.post("/v1/snapshots", snapshot).status()).isEqualTo(201);
        assertThat(key.delete("/v1/snapshots/web").status()).isEqualTo(204);
        assertThat(ada.api().delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(ada.api().delete("/v1/capsules/" + id).status()).as("again").isEqualTo(204);
        var told = rows(ada, "?resource_type=sandbox,snapshot");
        assertThat(told.stream().map(AuditContractTest::line))
                .containsExactly(
                        "sandbox destroy user warning",
                        "snapshot delete api_key warning",
                        "snapshot create api_key success",
                        "sandbox resume api_key success",
                        "sandbox pause user success",
                        "sandbox create api_key success");
        assertThat(told.getFirst().path("actor_id").asString()).isEqualTo(ada.id());
        assertThat(told.getFirst().path("actor_name").asString()).isEqualTo("Ada");
        assertThat(told.getLast().path("actor_name").asString()).isEqualTo("of full");
        assertThat(told.getLast().path("actor_id").asString()).startsWith("key-");
        assertThat(told.getLast().at("/metadata/template").asString()).isEqualTo("minimal");
        assertThat(told.get(1).path("resource_id").asString()).isEqualTo("web");
        Stack.await(Duration.ofSeconds(20), () -> events(ada.team()).size() == 6);
        assertThat(events(ada.team()).stream().map(e -> e.path("event").asString()))
                .containsExactly(
                        "capsule.created",
                        "capsule.paused",
                        "capsule.running",
                        "template.snapshot.created",
                        "template.snapshot.deleted",
                        "capsule.destroyed");
        assertThat(events(ada.team()).getFirst().toString())
                .matches(
                        "\\{\"event\":\"capsule.created\",\"timestamp\":\"[0-9T:Z-]{20}\",\"team_id\":\""
                                + ada.team()
                                + "\",\"actor\":\\{\"type\":\"api_key\",\"id\":\"key-[0-9a-z]{25}\",\"name\":\"of"
                                + " full\"},\"resource\":\\{\"id\":\""
                                + id
                                + "\",\"type\":\"sandbox\"}}");
    }

    private static List<JsonNode> events(String team) {
        try (var client = RedisClient.create(REDIS.uri())) {
            var all = new ArrayList<JsonNode>();
            for (var entry :
                    client.xrange(dev.wrenn.control.bus.RedisEventStream.STREAM, "-", "+", 1000)) {
                var event = JsonMapper.shared().readTree(entry.getFields().get("payload"));
                if (event.path("team_id").asString().equals(team)) all.add(event);
            }
            return all;
        }
    }

    @Test
    void teamsKeysAndMembersAreToldAndMembersSeeTheirShare() {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "admin");
        var key = ada.api().post("/v1/api-keys", body("name", "CI")).body().path("id").asString();
        ada.api().delete("/v1/api-keys/" + key);
        ada.api().patch("/v1/teams/" + ada.team(), body("name", "Birds"));
        var path = "/v1/teams/" + ada.team() + "/members/" + grace.id();
        ada.api().patch(path, body("role", "member"));
        var member = grace.in(ada.team());
        assertThat(rows(member, "").stream().map(AuditContractTest::line))
                .containsExactly(
                        "team rename user info",
                        "api_key revoke user warning",
                        "api_key create user success",
                        "team create system success");
        ada.api().delete(path);
        assertThat(rows(ada, "").stream().map(AuditContractTest::line))
                .containsExactly(
                        "member remove user warning",
                        "member role_update user info",
                        "team rename user info",
                        "api_key revoke user warning",
                        "api_key create user success",
                        "member role_update user info",
                        "member add user success",
                        "user login user info",
                        "user activate user success",
                        "team create system success");
        assertThat(rows(ada, "?action=rename").getFirst().path("metadata").toString())
                .contains("Ada's Team", "Birds");
        assertThat(api.get("/v1/audit-logs").status()).as("by key").isEqualTo(401);
        assertThat(rows(ada, "?resource_type=nothing")).isEmpty();
        assertThat(rows(ada, "?action=add&action=remove")).hasSize(2);
    }

    @Test
    void pagesAreExactAlsoWhereManyRowsHaveOneTime() throws Exception {
        var ada = Person.signUp(api, "Ada");
        sql(
                """
                insert into audit_logs (id, team_id, actor_type, resource_type, action, scope,
                    status, created_at)
                select gen_random_uuid(), m.team_id, 'system', 'test', 'n' || n, 'team', 'info',
                       timestamptz '2026-01-01 00:00:00.123456Z' + (n / 40) * interval '1 microsecond'
                  from team_members m join users u on u.id = m.user_id, generate_series(1, 100) n
                 where u.email = '%s'
                """
                        .formatted(ada.email()));
        var seen = new LinkedHashSet<String>();
        var query = "?resource_type=test&limit=7";
        int pages = 0;
        while (true) {
            var page = ada.api().get("/v1/audit-logs" + query).body();
            for (var row : page.path("items"))
                assertThat(seen.add(row.path("id").asString())).as("twice").isTrue();
            pages++;
            if (!page.has("next_before")) break;
            query =
                    "?resource_type=test&limit=7&before="
                            + page.path("next_before").asString()
                            + "&before_id="
                            + page.path("next_before_id").asString();
        }
        assertThat(seen).hasSize(100);
        assertThat(pages).isEqualTo(15);
        for (var bad :
                new String[] {
                    "limit=0",
                    "limit=x",
                    "before=yesterday",
                    "before_id=log-1",
                    "before=2026-01-01T00:00:00Z&before_id=team-0000000000000000000000000"
                })
            assertThat(ada.api().get("/v1/audit-logs?" + bad).status()).as(bad).isEqualTo(400);
        assertThat(ada.api().get("/v1/audit-logs?limit=100000").status()).isEqualTo(200);
    }

    @Test
    void noStatementChangesOrRemovesARow() throws Exception {
        Person.signUp(api, "Ada");
        for (var statement :
                new String[] {
                    "update audit_logs set actor_name = 'x'",
                    "update audit_logs set created_at = now()",
                    "delete from audit_logs",
                    "truncate audit_logs cascade",
                    "set wrenn.anonymise = 'on'; update audit_logs set action = 'x'",
                    "set wrenn.anonymise = 'on'; delete from audit_logs"
                }) assertThatThrownBy(() -> sql(statement)).hasMessageContaining("append-only");
    }

    @Test
    void whatIsRolledBackIsNotTold() {
        var ada = Person.signUp(api, "Ada");
        int before = rows(ada, "?limit=200").size();
        ada.api().post("/v1/teams/" + ada.team() + "/members", body("email", ada.email()));
        ada.api().delete("/v1/teams/" + ada.team() + "/members/" + ada.id());
        ada.api().delete("/v1/api-keys/key-0000000000000000000000000");
        var after = rows(ada, "?limit=200");
        assertThat(after).hasSize(before + 1);
        assertThat(line(after.getFirst())).isEqualTo("member remove user error"); // was refused
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }
}
