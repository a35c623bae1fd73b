package dev.wrenn.control.server;

import static dev.wrenn.control.server.Person.body;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What administrators of the platform see and do, the limits of teams, and what refused attempts
/// leave in the trail.
class PlatformContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

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

    private static List<String> trail(ApiProbe who, String path) {
        var all = new ArrayList<String>();
        for (var row : who.get(path).body().path("items"))
            all.add(
                    row.path("resource_type").asString()
                            + " "
                            + row.path("action").asString()
                            + " "
                            + row.path("status").asString()
                            + " "
                            + row.path("resource_id").asString(""));
        return all;
    }

    @Test
    void theListsAreInPagesNewestFirstAndDeletedTeamsLast() {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "member");
        ada.api().post("/v1/capsules", "{}");
        var teams = admin.get("/v1/admin/teams").body();
        assertThat(teams.at("/teams/0/id").asString()).isEqualTo(grace.team());
        var adas = teams.at("/teams/1");
        assertThat(adas.path("id").asString()).isEqualTo(ada.team());
        assertThat(adas.path("member_count").asInt()).isEqualTo(2);
        assertThat(adas.path("owner_email").asString()).isEqualTo(ada.email());
        assertThat(adas.path("active_sandbox_count").asInt()).isEqualTo(1);
        assertThat(teams.path("total").asInt()).isEqualTo(teams.path("teams").size());
        var users = admin.get("/v1/admin/users?page=1").body();
        assertThat(users.at("/users/0/email").asString()).isEqualTo(grace.email());
        assertThat(users.at("/users/0/teams_joined").asInt()).isEqualTo(2);
        assertThat(users.at("/users/0/teams_owned").asInt()).isEqualTo(1);
        grace.api().delete("/v1/teams/" + grace.team());
        var after = admin.get("/v1/admin/teams").body();
        var last = after.path("teams").get(after.path("teams").size() - 1);
        assertThat(last.path("id").asString()).isEqualTo(grace.team());
        assertThat(last.has("deleted_at")).isTrue();
        assertThat(admin.get("/v1/admin/teams?page=2").body().path("teams")).isEmpty();
        for (var wrong : List.of("0", "x", "99999999999"))
            assertThat(admin.get("/v1/admin/users?page=" + wrong).status()).isEqualTo(400);
    }

    @Test
    void whoIsSwitchedOffIsOutAndTheCapsulesOfOwnTeamsEnd() {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        grace.adds(ada, "member");
        var own = ada.api().post("/v1/capsules", "{}").id();
        var shared = ada.in(grace.team()).api().post("/v1/capsules", "{}").id();
        var key = ada.key("full");
        var path = "/v1/admin/users/" + ada.id() + "/active";
        assertThat(admin.call("PUT", path, "{\"active\":false}").status()).isEqualTo(204);
        assertThat(ada.api().get("/v1/me").status()).isEqualTo(401);
        Stack.await(Duration.ofSeconds(1), () -> key.get("/v1/capsules").status() == 401);
        Stack.await(Duration.ofSeconds(20), () -> !stack.agent.capsules().containsKey(own));
        assertThat(stack.agent.capsules()).containsKey(shared);
        var login = body("email", ada.email(), "password", Person.PASSWORD);
        assertThat(api.with(java.util.Map.of()).post("/v1/auth/login", login).code())
                .isEqualTo("account_disabled");
        assertThat(admin.call("PUT", path, "{\"active\":true}").status()).isEqualTo(204);
        var back = ada.again();
        assertThat(back.api().get("/v1/api-keys").body()).isEmpty();
        assertThat(back.api().post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(trail(admin, "/v1/admin/audit-logs?resource_type=user"))
                .containsSubsequence(
                        "user activate success " + ada.id(), "user deactivate warning " + ada.id());
        var self = admin.get("/v1/me").body().path("user_id").asString();
        assertThat(
                        admin.call(
                                        "PUT",
                                        "/v1/admin/users/" + self + "/active",
                                        "{\"active\":false}")
                                .status())
                .isEqualTo(400);
        var nobody = "/v1/admin/users/usr-0000000000000000000000001/active";
        assertThat(admin.call("PUT", nobody, "{\"active\":false}").status()).isEqualTo(404);
    }

    @Test
    void aTeamIsHeldToItsLimits() {
        var ada = Person.signUp(api, "Ada");
        var path = "/v1/admin/teams/" + ada.team() + "/limits";
        var set = admin.call("PUT", path, "{\"vcpus\":1,\"snapshots\":1}");
        assertThat(set.body().at("/vcpus/limit").asInt()).isEqualTo(1);
        assertThat(set.body().at("/capsules/limit").asInt()).isEqualTo(25);
        // Which are the team's own is said, so that one can be changed and the others kept.
        assertThat(set.body().at("/own").toString()).isEqualTo("{\"vcpus\":1,\"snapshots\":1}");
        assertThat(admin.get(path).body()).isEqualTo(set.body());
        var first = ada.api().post("/v1/capsules", "{}").id();
        var refused = ada.api().post("/v1/capsules", "{}");
        assertThat(refused.status()).isEqualTo(403);
        assertThat(refused.code()).isEqualTo("forbidden");
        assertThat(refused.message()).isEqualTo("limit of the team: 1 vCPUs in use");
        assertThat(ada.api().post("/v1/capsules/" + first + "/pause", null).status())
                .isEqualTo(200);
        var second = ada.api().post("/v1/capsules", "{}");
        assertThat(second.status()).isEqualTo(201);
        assertThat(ada.api().post("/v1/capsules/" + first + "/resume", null).status())
                .isEqualTo(403);
        var usage = ada.api().get("/v1/teams/" + ada.team() + "/usage").body();
        assertThat(usage.at("/capsules/used").asInt()).isEqualTo(2);
        assertThat(usage.at("/vcpus/used").asInt()).isEqualTo(1);
        var web = body("sandbox_id", second.id(), "name", "web");
        assertThat(ada.api().post("/v1/snapshots", web).status()).isEqualTo(201);
        assertThat(ada.api().post("/v1/snapshots?overwrite=true", web).status()).isEqualTo(201);
        var app = body("sandbox_id", second.id(), "name", "app");
        assertThat(ada.api().post("/v1/snapshots", app).code()).isEqualTo("forbidden");
        var normal = admin.call("PUT", path, "{}").body();
        assertThat(normal.at("/vcpus/limit").asInt()).isEqualTo(60);
        assertThat(normal.at("/own").isEmpty()).isTrue();
        assertThat(ada.api().post("/v1/capsules/" + first + "/resume", null).status())
                .isEqualTo(200);
        assertThat(admin.call("PUT", path, "{\"vcpus\":-1}").status()).isEqualTo(400);
        var nobody = "/v1/admin/teams/team-0000000000000000000000001/limits";
        assertThat(admin.get(nobody).status()).isEqualTo(404);
        assertThat(admin.call("PUT", nobody, "{}").status()).isEqualTo(404);
    }

    @Test
    void ownHostsAreForEverAndADeletedTeamIsGone() {
        var ada = Person.signUp(api, "Ada");
        var path = "/v1/admin/teams/" + ada.team();
        assertThat(admin.call("PUT", path + "/byoc", "{\"enabled\":true}").status()).isEqualTo(204);
        assertThat(admin.call("PUT", path + "/byoc", "{\"enabled\":true}").status()).isEqualTo(204);
        assertThat(admin.call("PUT", path + "/byoc", "{\"enabled\":false}").status())
                .isEqualTo(400);
        assertThat(ada.api().get("/v1/teams").body().get(0).path("is_byoc").asBoolean()).isTrue();
        assertThat(admin.delete(path).status()).isEqualTo(204);
        assertThat(admin.delete(path).status()).isEqualTo(404);
        assertThat(ada.api().get("/v1/capsules").code()).isEqualTo("no_team");
        var told = trail(admin, "/v1/admin/audit-logs?resource_type=team");
        assertThat(told.stream().filter(line -> line.endsWith(ada.team())).toList())
                .containsExactly(
                        "team delete warning " + ada.team(), "team set_byoc info " + ada.team());
        var platform = "/v1/admin/teams/team-0000000000000000000000000";
        assertThat(admin.delete(platform).status()).as("the platform's own").isEqualTo(404);
    }

    @Test
    void refusedAttemptsToEndSomethingAreInTheTrail() {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "member");
        var member = grace.in(ada.team()).api();
        var capsule = ada.api().post("/v1/capsules", "{}").id();
        assertThat(member.delete("/v1/teams/" + ada.team()).status()).isEqualTo(403);
        assertThat(member.delete("/v1/teams/" + ada.team() + "/members/" + ada.id()).status())
                .isEqualTo(403);
        assertThat(ada.key("read-only").delete("/v1/capsules/" + capsule).status()).isEqualTo(403);
        assertThat(ada.api().delete("/v1/teams/" + ada.team() + "/members/" + ada.id()).status())
                .as("the owner")
                .isEqualTo(403);
        assertThat(ada.api().delete("/v1/snapshots/minimal").status()).isEqualTo(403);
        var errors =
                trail(ada.api(), "/v1/audit-logs").stream()
                        .filter(line -> line.contains(" error "))
                        .toList();
        assertThat(errors)
                .containsExactly(
                        "snapshot delete error minimal",
                        "member remove error " + ada.id(),
                        "sandbox destroy error " + capsule,
                        "member remove error " + ada.id(),
                        "team delete error " + ada.team());
        assertThat(trail(member, "/v1/audit-logs")).noneMatch(line -> line.contains(" error "));
    }
}
