package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.identity.SessionTokens;
import java.net.http.WebSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Every operation of the contract for every kind of caller, against one table.
class MatrixContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static Person owner;
    private static Person foreign;
    private static String capsule;
    private static String keyId;
    private static String channel;
    private static String hostId;
    private static ApiProbe hostAgent;
    private static final Map<String, ApiProbe> CALLERS = new LinkedHashMap<>();
    private static final Map<String, ApiProbe> STRANGERS = new LinkedHashMap<>();
    private static ApiProbe deactivated;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        owner = Person.signUp(api, "Owner");
        foreign = Person.signUp(api, "Foreign");
        CALLERS.put("member", joined("Member", "member").api());
        CALLERS.put("admin", joined("Admin", "admin").api());
        CALLERS.put("owner", owner.api());
        CALLERS.put("full", owner.key("full"));
        CALLERS.put("read-only", owner.key("read-only"));
        CALLERS.put("exec-only", owner.key("exec-only"));
        var removed = joined("Removed", "member");
        owner.api().delete("/v1/teams/" + owner.team() + "/members/" + removed.id());
        CALLERS.put("removed", removed.api());
        CALLERS.put("foreign", foreign.api());
        CALLERS.put("platform", api.signIn(stack.email, Stack.PASSWORD));
        capsule = owner.api().post("/v1/capsules", "{}").id();
        var wanted =
                """
                {"name":"ops","provider":"webhook","config":{"url":"https://hooks.example.com/x"},
                 "events":["host.down"]}\
                """;
        channel = owner.api().post("/v1/channels", wanted).id();
        keyId = owner.api().post("/v1/api-keys", "{}").id();
        host();
        strangers();
        var off = joined("Off", "member");
        deactivated = off.api();
        sql("update users set status = 'disabled' where email = '" + off.email() + "'");
    }

    /// One that the owner's team brings.
    private static void host() throws Exception {
        var team = TeamId.parse(owner.team()).value();
        sql("update teams set is_byoc = true where id = '" + team + "'");
        var made =
                owner.api().post("/v1/hosts", Person.body("type", "byoc", "team_id", owner.team()));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        var host = RegisteredHost.register(api, made, "10.255.255.1:1");
        hostId = host.id();
        hostAgent = host.api();
    }

    private static Person joined(String name, String role) {
        var person = Person.signUp(api, name);
        owner.adds(person, role);
        return person.in(owner.team());
    }

    private static void strangers() {
        STRANGERS.put("nothing", api.with(Map.of()));
        STRANGERS.put("bad token", api.bearer("eyJhbGciOiJIUzI1NiJ9.e30.x"));
        STRANGERS.put("bad key", api.as(Stack.newKey()));
        STRANGERS.put("expired token", api.bearer(expired()));
        var ended = owner.again();
        ended.api().post("/v1/auth/logout", null);
        STRANGERS.put("ended session", ended.api());
        STRANGERS.put("bad cookie", api.with(Map.of("Cookie", "wrenn_session=x")));
        STRANGERS.put("token as a host's", api.with(Map.of("X-Host-Token", owner.token())));
        var revoked = owner.api().post("/v1/api-keys", "{}").body();
        owner.api().delete("/v1/api-keys/" + revoked.path("id").asString());
        STRANGERS.put("revoked key", api.as(revoked.path("key").asString()));
    }

    private static String expired() {
        var past = Instant.now().minus(Duration.ofHours(7));
        return new SessionTokens(Stack.IDENTITY.secret(), () -> past)
                .issue(
                        new SessionTokens.Claims(
                                UUID.randomUUID(),
                                UserId.parse(owner.id()),
                                TeamId.parse(owner.team())),
                        new SessionTokens.Hints("a@b.c", "A", Optional.of(Role.OWNER), true));
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    @Test
    void everyOperationHasOneRow() {
        var rows = new TreeSet<String>();
        for (var row : MatrixRow.all()) assertThat(rows.add(row.operation())).isTrue();
        assertThat(rows).isEqualTo(new TreeSet<>(ContractCheck.operations().keySet()));
    }

    @Test
    void everyCallerGetsTheAnswerOfTheTable() throws Exception {
        socketsAskAfterTheUpgrade(); // first: the rows below end the capsule
        var wrong = new ArrayList<String>();
        for (var row : MatrixRow.all()) {
            for (var stranger : STRANGERS.entrySet())
                ask(row, stranger.getKey(), stranger.getValue(), row.stranger(), wrong);
            ask(row, "host", hostAgent, row.agent(), wrong);
            ask(row, "deactivated", deactivated, row.deactivated(), wrong);
            for (var caller : CALLERS.entrySet())
                ask(row, caller.getKey(), caller.getValue(), row.of(caller.getKey()), wrong);
        }
        assertThat(wrong).isEmpty();
        assertThat(foreign.again().api().get("/v1/me").status()).isEqualTo(200);
    }

    private static void ask(
            MatrixRow row, String who, ApiProbe by, int expected, ArrayList<String> wrong) {
        var path =
                row.path()
                        .replace("{id}", id(row.path()))
                        .replace("{uid}", "usr-0000000000000000000000001")
                        .replace("{name}", "no-such")
                        .replace("{selector}", "no-such")
                        .replace("{provider}", "no-such")
                        .replace("{template}", "00000000-0000-0000-0000-000000000001")
                        .replace("{sum}", "0".repeat(64))
                        .replace("{delivery}", "00000000-0000-0000-0000-000000000000");
        if (path.equals("/v1/events")) path += "?timeout_sec=0"; // goes on otherwise
        var answer = by.call(row.method(), path, row.body().isEmpty() ? null : row.body());
        if (answer.status() != expected)
            wrong.add(
                    "%s as %s: %d (expected: %d) %s"
                            .formatted(
                                    row.operation(),
                                    who,
                                    answer.status(),
                                    expected,
                                    answer.text()));
    }

    private static String id(String path) {
        if (path.contains("/teams/")) return owner.team();
        if (path.contains("/users/")) return owner.id();
        if (path.startsWith("/v1/hosts")) return hostId;
        if (path.startsWith("/v1/channels")) return channel;
        return path.startsWith("/v1/api-keys") ? keyId : capsule;
    }

    private static void socketsAskAfterTheUpgrade() throws Exception {
        for (var path : new String[] {"/exec/stream", "/processes/1/stream", "/pty"}) {
            for (var stranger : STRANGERS.values())
                assertThat(first(stranger, path)).contains("authentication failed");
            assertThat(first(deactivated, path)).contains("authentication failed");
            assertThat(first(CALLERS.get("foreign"), path)).contains("sandbox not found");
            assertThat(first(CALLERS.get("read-only"), path)).contains("read-only");
            assertThat(first(CALLERS.get("removed"), path)).contains("no member");
            for (var may : new String[] {"member", "owner", "full", "exec-only"})
                assertThat(first(CALLERS.get(may), path))
                        .as(may)
                        .doesNotContain("authentication", "read-only", "not found\"");
        }
    }

    /// The first thing that the server says to somebody who sends something odd.
    private static String first(ApiProbe by, String path) throws Exception {
        var said = new CompletableFuture<String>();
        var listener =
                new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(WebSocket ws, CharSequence data, boolean end) {
                        said.complete(data.toString());
                        return null;
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket ws, int code, String reason) {
                        said.complete("closed " + code);
                        return null;
                    }
                };
        var builder = ApiProbe.HTTP.newWebSocketBuilder();
        by.headers().forEach(builder::header);
        var socket =
                builder.buildAsync(by.socket("/v1/capsules/" + capsule + path), listener)
                        .get(20, TimeUnit.SECONDS);
        socket.sendText("{\"type\":\"odd\"}", true).join();
        var words = said.get(40, TimeUnit.SECONDS);
        socket.abort();
        return words;
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }
}
