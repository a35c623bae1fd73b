package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Sessions: beginning, use by token and by cookie, and every way they end.
class SessionsContractTest {
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

    private static ApiProbe.Answer login(String email, String password, boolean cookie) {
        return api.with(Map.of())
                .post(
                        "/v1/auth/login",
                        "{\"email\":\"%s\",\"password\":\"%s\",\"cookie\":%s}"
                                .formatted(email, password, cookie));
    }

    @Test
    void aTokenOpensWhatAKeyOpens() {
        var answer =
                login("  " + stack.email.toUpperCase(java.util.Locale.ROOT), Stack.PASSWORD, false);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().path("team_id").asString()).isEqualTo(stack.team.toString());
        assertThat(answer.body().path("email").asString()).isEqualTo(stack.email);
        assertThat(answer.headers().firstValue("Set-Cookie")).isEmpty();
        var session = api.bearer(answer.body().path("token").asString());
        assertThat(session.get("/v1/capsules").status()).isEqualTo(200);
        assertThat(session.get("/v1/snapshots").status()).isEqualTo(200);
        var id = session.post("/v1/capsules", "{}").id();
        assertThat(api.get("/v1/capsules/" + id).status()).isEqualTo(200);
        assertThat(session.delete("/v1/capsules/" + id).status()).isEqualTo(204);
    }

    @Test
    void wrongPasswordAndUnknownAddressLookTheSame() {
        var wrong = login(stack.email, "wrong horse", false);
        var unknown = login("nobody@example.org", "wrong horse", false);
        assertThat(wrong.status()).isEqualTo(401);
        assertThat(unknown.body()).isEqualTo(wrong.body());
        assertThat(login(stack.email, "x".repeat(1025), false).status()).isEqualTo(400);
        assertThat(login(stack.email, "", false).code()).isEqualTo("invalid_request");
    }

    @Test
    void aBadKeyIsNotHealedByAGoodToken() {
        var token = login(stack.email, Stack.PASSWORD, false).body().path("token").asString();
        var both =
                api.with(Map.of("X-API-Key", Stack.newKey(), "Authorization", "Bearer " + token));
        var answer = both.get("/v1/capsules");
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.message()).isEqualTo("invalid API key");
    }

    @Test
    void logoutEndsTheSessionAndOnlyThisOne() {
        var one = api.signIn(stack.email, Stack.PASSWORD);
        var two = api.signIn(stack.email, Stack.PASSWORD);
        assertThat(one.post("/v1/auth/logout", null).status()).isEqualTo(204);
        assertThat(one.get("/v1/capsules").status()).isEqualTo(401);
        assertThat(one.post("/v1/auth/logout", null).status()).isEqualTo(401);
        assertThat(two.get("/v1/capsules").status()).isEqualTo(200);
        assertThat(api.post("/v1/auth/logout", null).status()).as("by key").isEqualTo(401);
    }

    @Test
    void aCookieNeedsItsCounterpartAndTheRightSite() {
        var answer = login(stack.email, Stack.PASSWORD, true);
        assertThat(answer.body().has("token")).isFalse();
        var set = answer.headers().firstValue("Set-Cookie").orElseThrow();
        assertThat(set).contains("HttpOnly", "SameSite=Strict", "Path=/");
        var cookie = set.substring(0, set.indexOf(';'));
        var csrf = answer.body().path("csrf_token").asString();
        var reading = api.with(Map.of("Cookie", cookie));
        assertThat(reading.get("/v1/capsules").status()).isEqualTo(200);
        var without = reading.post("/v1/auth/logout", null);
        assertThat(without.status()).isEqualTo(403);
        assertThat(without.message()).contains("X-CSRF-Token");
        var wrong = api.with(Map.of("Cookie", cookie, "X-CSRF-Token", "0".repeat(64)));
        assertThat(wrong.post("/v1/auth/logout", null).status()).isEqualTo(403);
        var foreign =
                api.with(
                        Map.of(
                                "Cookie",
                                cookie,
                                "X-CSRF-Token",
                                csrf,
                                "Origin",
                                "https://evil.example"));
        assertThat(foreign.get("/v1/capsules").status()).isEqualTo(403);
        var right = api.with(Map.of("Cookie", cookie, "X-CSRF-Token", csrf));
        var ended = right.post("/v1/auth/logout", null);
        assertThat(ended.status()).isEqualTo(204);
        assertThat(ended.headers().firstValue("Set-Cookie").orElseThrow()).contains("Max-Age=0");
        assertThat(reading.get("/v1/capsules").status()).isEqualTo(401);
    }

    @Test
    void switchingTeamsIsDecidedByTheDatabase() throws Exception {
        var other = new TeamId(java.util.UUID.randomUUID());
        sql("insert into teams (id, name, slug) values ('%1$s', 'Other', '%1$s')", other.value());
        var session = api.signIn(stack.email, Stack.PASSWORD);
        var body = "{\"team_id\":\"" + other + "\"}";
        assertThat(session.post("/v1/auth/switch-team", body).status()).isEqualTo(403);
        sql(
                "insert into team_members (team_id, user_id, role)"
                        + " select '%s', id, 'member' from users where email = '"
                        + stack.email
                        + "'",
                other.value());
        var switched = session.post("/v1/auth/switch-team", body);
        assertThat(switched.status()).isEqualTo(200);
        assertThat(switched.body().path("team_id").asString()).isEqualTo(other.toString());
        var there = api.bearer(switched.body().path("token").asString());
        assertThat(there.get("/v1/capsules").status()).isEqualTo(200);
        sql("delete from team_members where team_id = '%s'", other.value());
        var gone = there.get("/v1/capsules");
        assertThat(gone.status()).isEqualTo(403);
        assertThat(gone.code()).isEqualTo("no_team");
        var back = "{\"team_id\":\"" + stack.team + "\"}";
        assertThat(there.post("/v1/auth/switch-team", back).status()).isEqualTo(200);
        sql("update teams set deleted_at = now() where id = '%s'", other.value());
        assertThat(session.post("/v1/auth/switch-team", body).status()).isEqualTo(404);
        var malformed = session.post("/v1/auth/switch-team", "{\"team_id\":\"team-1\"}");
        assertThat(malformed.message()).isEqualTo("invalid team ID");
    }

    @Test
    void anAccountThatIsSwitchedOffIsRefusedAtOnce() throws Exception {
        var session = api.signIn(stack.email, Stack.PASSWORD);
        sql("update users set status = 'disabled' where email = '%s'", stack.email);
        try {
            assertThat(session.get("/v1/capsules").code()).isEqualTo("account_deactivated");
            assertThat(login(stack.email, Stack.PASSWORD, false).code())
                    .isEqualTo("account_disabled");
            assertThat(login(stack.email, "wrong horse", false).code()).isEqualTo("unauthorized");
            Stack.await(Duration.ofSeconds(5), () -> api.get("/v1/capsules").status() == 401);
        } finally {
            sql("update users set status = 'active' where email = '%s'", stack.email);
        }
        assertThat(session.get("/v1/capsules").status()).isEqualTo(200);
    }

    @Test
    void anAccountIsLockedAfterTooManyTries() {
        int refused = 0;
        for (int i = 0; i < 25; i++) {
            var answer = login("locked@example.org", "wrong horse", false);
            if (answer.status() != 429) continue;
            refused++;
            assertThat(answer.code()).isEqualTo("rate_limited");
            assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElseThrow()))
                    .isPositive();
        }
        assertThat(refused).isPositive();
        assertThat(login(stack.email, Stack.PASSWORD, false).status()).isEqualTo(200);
    }

    @Test
    void aTerminalOfAnEndedSessionIsClosed() throws Exception {
        var session = login(stack.email, Stack.PASSWORD, false).body().path("token").asString();
        var id = api.post("/v1/capsules", "{}").id();
        var closed = new CompletableFuture<Integer>();
        var started = new CompletableFuture<String>();
        var listener =
                new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(
                            WebSocket ws, CharSequence data, boolean last) {
                        started.complete(data.toString());
                        ws.request(1);
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
                        closed.complete(code);
                        return null;
                    }
                };
        var socket =
                ApiProbe.HTTP
                        .newWebSocketBuilder()
                        .buildAsync(api.socket("/v1/capsules/" + id + "/pty"), listener)
                        .get(10, TimeUnit.SECONDS);
        socket.sendText("{\"type\":\"auth\",\"token\":\"" + session + "\"}", true).join();
        socket.sendText("{\"type\":\"start\"}", true).join();
        assertThat(started.get(10, TimeUnit.SECONDS)).contains("started");
        assertThat(api.bearer(session).post("/v1/auth/logout", null).status()).isEqualTo(204);
        assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo(1008);
        api.delete("/v1/capsules/" + id);
    }

    private static void sql(String statement, Object... values) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement.formatted(values));
        }
    }
}
