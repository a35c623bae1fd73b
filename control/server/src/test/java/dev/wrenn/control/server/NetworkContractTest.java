package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Policies from the API to the host, also to one that was away.
class NetworkContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final String POLICY =
            """
            {"default":"deny","rules":[{"action":"allow","to":"*.Example.org","protocol":"tcp","ports":"443"},
             {"action":"deny","to":"203.0.113.0/24"}],"max_connections":7}
            """;

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

    private static String path(String id) {
        return "/v1/capsules/" + id + "/network";
    }

    @Test
    void aPolicyIsStoredToldAndShown() throws Exception {
        var id = api.post("/v1/capsules", "{}").id();
        var before = api.get(path(id)).body();
        assertThat(before.path("policy").path("default").asString()).isEqualTo("allow");
        assertThat(before.path("in_force").asBoolean()).isTrue();
        var answer = api.call("PUT", path(id), POLICY);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.body().path("in_force").asBoolean()).isTrue();
        assertThat(answer.body().path("policy").path("max_connections").asInt()).isEqualTo(7);
        var told = stack.agent.networks().get(id);
        assertThat(told.getNetwork().getDenyByDefault()).isTrue();
        assertThat(told.getNetwork().getRulesList())
                .containsExactly("allow *.example.org tcp 443", "deny 203.0.113.0/24 any");
        assertThat(told.getTeamNetwork().getRulesCount()).isZero();
        assertThat(api.get(path(id)).body()).isEqualTo(answer.body());
        for (var bad :
                new String[] {
                    "{\"default\":\"maybe\"}",
                    "{\"rules\":[{\"action\":\"allow\"}]}",
                    "{\"rules\":[{\"action\":\"allow\",\"to\":\"example\"}]}",
                    "{\"rules\":[{\"action\":\"allow\",\"to\":\"::1\"}]}",
                    "{\"rules\":[\"allow example.org\"]}",
                    "{\"rules\":{}}",
                    "{\"bandwidth_mbit\":0}",
                    "{\"max_connections\":65537}"
                }) assertThat(api.call("PUT", path(id), bad).status()).as(bad).isEqualTo(400);
        assertThat(api.get(path(id)).body()).isEqualTo(answer.body());
    }

    @Test
    void aTeamsPolicyReachesWhatRunsAndWhatComesLater() throws Exception {
        var owner = api.signIn(stack.email, Stack.PASSWORD);
        var id = api.post("/v1/capsules", "{}").id();
        var team = "/v1/teams/" + stack.team + "/network";
        var answer = owner.call("PUT", team, POLICY);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(stack.agent.networks().get(id).getTeamNetwork().getMaxConnections())
                .isEqualTo(7);
        var later = api.post("/v1/capsules", "{}").id();
        assertThat(api.get(path(later)).body().path("team_policy").path("default").asString())
                .isEqualTo("deny");
        assertThat(stack.agent.created(later).getTeamNetwork().getDenyByDefault()).isTrue();
        assertThat(owner.call("PUT", team, "{}").status()).isEqualTo(200);
        assertThat(stack.agent.networks().get(later).getTeamNetwork().getDenyByDefault()).isFalse();
        assertThat(owner.get("/v1/audit-logs?resource_type=team").text())
                .contains("network_change");
    }

    /// Fault: the host is away while a policy changes.
    @Test
    void aHostThatWasAwayIsToldWhenItIsBack() throws Exception {
        var id = api.post("/v1/capsules", "{}").id();
        stack.agent.goAway();
        var answer = api.call("PUT", path(id), POLICY);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(answer.body().path("in_force").asBoolean()).isFalse();
        stack.agent.comeBack();
        Stack.await(LIMIT, () -> api.get(path(id)).body().path("in_force").asBoolean());
        assertThat(stack.agent.networks().get(id).getNetwork().getMaxConnections()).isEqualTo(7);
    }

    @Test
    void whatAHostRefusedIsOnRecordOnce() throws Exception {
        var owner = api.signIn(stack.email, Stack.PASSWORD);
        var id = api.post("/v1/capsules", "{}").id();
        api.awaitStatus(id, "running", LIMIT);
        stack.agent.deny(id, 12, "tcp 10.0.0.1 22");
        stack.agent.deny(id, 5, "tcp 10.0.0.2 22"); // as if heard by another replica
        var logs = "/v1/audit-logs?resource_type=sandbox";
        Stack.await(LIMIT, () -> owner.get(logs).text().contains("network_denied"));
        var answer = api.post("/v1/capsules/" + id + "/ping", "");
        assertThat(answer.status()).isEqualTo(204); // behind both words of the host
        var text = owner.get(logs).text();
        assertThat(text).contains("tcp 10.0.0.1 22").doesNotContain("tcp 10.0.0.2 22");
    }
}
