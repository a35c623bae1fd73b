package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Taking hosts out of the fleet.
class HostRemovalContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(30);

    private Stack stack;
    private Control control;
    private ApiProbe api;
    private ApiProbe admin;
    private String path;

    @BeforeEach
    void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
        path = "/v1/hosts/" + stack.host;
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        stack.close();
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute("delete from templates where host_id is not null; delete from capsules;");
            s.execute("delete from hosts;");
        }
    }

    private String create() {
        var made = api.post("/v1/capsules", "{}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        return made.id();
    }

    private String status(String id) {
        return api.get("/v1/capsules/" + id).body().path("status").asString();
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }

    @Test
    void aHostThatHasCapsulesIsKeptAndSaysWhich() {
        var running = create();
        var paused = create();
        assertThat(api.post("/v1/capsules/" + paused + "/pause", null).status()).isEqualTo(200);
        var ended = create();
        api.delete("/v1/capsules/" + ended);
        var preview = admin.get(path + "/delete-preview").body();
        assertThat(texts(preview.path("sandbox_ids"))).containsExactly(running, paused);
        assertThat(preview.at("/host/id").asString()).isEqualTo(stack.host.toString());
        var kept = admin.delete(path);
        assertThat(kept.status()).isEqualTo(409);
        assertThat(kept.code()).isEqualTo("has_active_sandboxes");
        for (var place : List.of("/sandbox_ids", "/capsule_ids", "/error/sandbox_ids"))
            assertThat(texts(kept.body().at(place))).containsExactly(running, paused);
        assertThat(status(running)).isEqualTo("running");
        assertThat(create()).as("it is as before").isNotEmpty();
    }

    @Test
    void forceEndsWhatItHasAndTheAgent() {
        var running = create();
        var paused = create();
        assertThat(api.post("/v1/capsules/" + paused + "/pause", null).status()).isEqualTo(200);
        assertThat(admin.delete(path + "?force=true").status()).isEqualTo(204);
        assertThat(status(running)).isEqualTo("stopped");
        assertThat(status(paused)).isEqualTo("stopped");
        assertThat(stack.agent.capsules()).isEmpty();
        Stack.await(SOON, () -> stack.agent.terminates() == 1);
        assertThat(admin.get(path).status()).isEqualTo(404);
        assertThat(admin.get("/v1/hosts").body()).isEmpty();
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        assertThat(admin.delete(path + "?force=true").status()).isEqualTo(404);
        assertThat(trail()).contains("host delete warning", "sandbox destroy warning");
    }

    @Test
    void aDeadHostCanBeRemovedByForceAndItsCapsulesToo() {
        var one = create();
        var other = create();
        stack.agent.goAway();
        assertThat(api.delete("/v1/capsules/" + one).status()).isEqualTo(204);
        assertThat(admin.delete(path).code()).isEqualTo("has_active_sandboxes");
        assertThat(admin.delete(path + "?force=true").status()).isEqualTo(204);
        assertThat(status(other)).isEqualTo("stopped");
    }

    @Test
    void anEmptyHostGoesWithoutForceAndItsAgentIsTold() throws Exception {
        var made = admin.post("/v1/hosts", "{\"type\":\"regular\"}");
        var host = RegisteredHost.register(api, made, "127.0.0.1:1");
        assertThat(admin.delete("/v1/hosts/" + host.id()).status()).isEqualTo(204);
        assertThat(host.heartbeat().status()).isEqualTo(404);
        assertThat(host.refresh().status()).isEqualTo(401);
        assertThat(admin.get("/v1/hosts/" + host.id()).status()).isEqualTo(404);
    }

    @Test
    void theOnlyCopyOfATemplateKeepsAHost() {
        var id = create();
        var made = api.post("/v1/snapshots", Person.body("sandbox_id", id, "name", "precious"));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        api.delete("/v1/capsules/" + id);
        assertThat(texts(admin.get(path + "/delete-preview").body().path("template_names")))
                .containsExactly("precious");
        assertThat(admin.delete(path).status()).isEqualTo(409);
        assertThat(admin.delete(path + "?force=true").status()).isEqualTo(204);
        assertThat(api.get("/v1/snapshots").text()).doesNotContain("precious");
    }

    /// What could not be told while the host was away is carried out when it is back.
    @Test
    void deletionsReachAHostThatWasAway() {
        var id = create();
        var made = api.post("/v1/snapshots", Person.body("sandbox_id", id, "name", "doomed"));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(stack.agent.pauses().templates()).hasSize(1);
        stack.agent.goAway();
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(api.delete("/v1/snapshots/doomed").status()).isEqualTo(204);
        assertThat(stack.agent.capsules()).isNotEmpty();
        stack.agent.comeBack();
        Stack.await(SOON, () -> stack.agent.capsules().isEmpty());
        Stack.await(SOON, () -> stack.agent.pauses().templates().isEmpty());
    }

    private List<String> trail() {
        var all = new ArrayList<String>();
        for (var route : List.of("/v1/admin/audit-logs", "/v1/audit-logs"))
            for (var entry : admin.get(route + "?limit=200").body().path("items"))
                all.add(
                        entry.path("resource_type").asString()
                                + " "
                                + entry.path("action").asString()
                                + " "
                                + entry.path("status").asString());
        return all;
    }
}
