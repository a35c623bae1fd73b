package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Capsules of the platform itself: its administrators have them, nobody else sees them, and what
/// is saved of one is a template for every team.
class PlatformCapsulesContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String ALL = "/v1/admin/capsules";

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static ApiProbe admin;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    @Test
    void itBelongsToThePlatformAndToNoTeam() {
        var made = admin.post(ALL, "{}");
        assertThat(made.status()).isEqualTo(201);
        var one = ALL + "/" + made.id();
        assertThat(admin.get(ALL).text()).contains(made.id());
        assertThat(admin.get("/v1/capsules").text()).doesNotContain(made.id());
        assertThat(admin.get("/v1/capsules/" + made.id()).status()).isEqualTo(404);
        var own = admin.post("/v1/capsules", "{}").id();
        assertThat(admin.get(ALL + "/" + own).status()).as("a team's").isEqualTo(404);
        assertThat(admin.post(one + "/exec", "{\"cmd\":\"echo\",\"args\":[\"a\"]}").status())
                .isEqualTo(200);
        assertThat(admin.post(one + "/pause", null).body().path("status").asString())
                .isEqualTo("paused");
        assertThat(admin.call("DELETE", one, null).status()).isEqualTo(204);
        assertThat(admin.get(ALL).text()).doesNotContain(made.id());
        var trail = admin.get("/v1/admin/audit-logs?resource_type=sandbox").text();
        assertThat(trail).contains(made.id()).doesNotContain(own);
        admin.call("DELETE", "/v1/capsules/" + own, null);
    }

    @Test
    void whatIsSavedIsForEveryTeamAndEndsTheCapsule() {
        var id = admin.post(ALL, "{}").id();
        var save = ALL + "/" + id + "/snapshot";
        assertThat(admin.post(save, "{\"name\":\"minimal\"}").status()).isEqualTo(403);
        assertThat(admin.post(save, "{\"name\":\"-\"}").status()).isEqualTo(400);
        assertThat(admin.post(save, "{}").status()).isEqualTo(400);
        var saved = admin.post(save, "{\"name\":\"toolbox\"}");
        assertThat(saved.status()).isEqualTo(201);
        assertThat(saved.body().path("platform").asBoolean()).isTrue();
        assertThat(admin.get(ALL + "/" + id).body().path("status").asString()).isEqualTo("stopped");
        var ada = Person.signUp(api, "Ada").api();
        assertThat(ada.get("/v1/snapshots").text()).contains("toolbox");
        var made = ada.post("/v1/capsules", "{\"template\":\"toolbox\"}");
        assertThat(made.status()).isEqualTo(201);
        // Another one takes its place.
        var next = admin.post(ALL, "{\"template\":\"toolbox\"}").id();
        assertThat(admin.post(ALL + "/" + next + "/snapshot", "{\"name\":\"toolbox\"}").status())
                .isEqualTo(201);
        ada.call("DELETE", "/v1/capsules/" + made.id(), null);
    }

    @Test
    void aSocketTakesTheSessionOfAnAdministratorAndNoKey() throws Exception {
        var id = admin.post(ALL, "{}").id();
        var uri = api.socket(ALL + "/" + id + "/exec/stream");
        var start = "{\"type\":\"start\",\"cmd\":\"echo\",\"args\":[\"a\"]}";
        var token = admin.headers().get("Authorization").substring("Bearer ".length());
        try (var socket = ExecProbe.open(uri, "").send(auth(token)).send(start)) {
            assertThat(socket.all().getLast().path("type").asString()).isEqualTo("exit");
        }
        var ada = Person.signUp(api, "Ada").api();
        var hers = ada.headers().get("Authorization").substring("Bearer ".length());
        for (var other : new String[] {hers, stack.key})
            try (var socket = ExecProbe.open(uri, "").send(auth(other)).send(start)) {
                assertThat(socket.all().getLast().path("type").asString()).isEqualTo("error");
            }
        admin.call("DELETE", ALL + "/" + id, null);
    }

    private static String auth(String token) {
        return "{\"type\":\"auth\",\"token\":\"" + token + "\"}";
    }
}
