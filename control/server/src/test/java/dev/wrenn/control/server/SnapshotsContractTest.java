package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Snapshot templates through the real API, database and protocol.
class SnapshotsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private String id;

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

    @BeforeEach
    void create() {
        stack.agent.pauses().asked().clear();
        id = api.post("/v1/capsules", "{\"vcpus\":2,\"memory_mb\":256}").id();
    }

    @AfterEach
    void cleanUp() {
        stack.agent.pauses().heal();
        for (var template : api.get("/v1/snapshots?type=snapshot").body())
            api.delete("/v1/snapshots/" + template.path("name").asString());
        for (var capsule : api.get("/v1/capsules").body())
            api.delete("/v1/capsules/" + capsule.path("id").asString());
        Stack.await(Duration.ofSeconds(10), () -> stack.agent.pauses().templates().isEmpty());
        Stack.await(Duration.ofSeconds(10), () -> rows().equals("minimal ready"));
    }

    private ApiProbe.Answer snapshot(String query, String name) {
        var body =
                name == null
                        ? "{\"sandbox_id\":\"%s\"}".formatted(id)
                        : "{\"sandbox_id\":\"%s\",\"name\":\"%s\"}".formatted(id, name);
        return api.post("/v1/snapshots" + query, body);
    }

    /// Name and state of every template row, by name.
    private static String rows() {
        var sql = "select coalesce(string_agg(name || ' ' || state, ', ' order by name), '')";
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var result = statement.executeQuery(sql + " from templates")) {
            result.next();
            return result.getString(1);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void refused(ApiProbe.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
    }

    @Test
    void aTemplateIsMadeUsedAndDeleted() {
        var made = snapshot("", "web-1.0");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.body().path("name").asString()).isEqualTo("web-1.0");
        assertThat(made.body().path("type").asString()).isEqualTo("snapshot");
        assertThat(made.body().path("vcpus").asInt()).isEqualTo(2);
        assertThat(made.body().path("memory_mb").asInt()).isEqualTo(256);
        assertThat(made.body().path("size_bytes").asLong()).isEqualTo(123_456);
        assertThat(made.body().path("platform").asBoolean()).isFalse();
        assertThat(made.body().at("/metadata/accel").asString()).isEqualTo("none");
        assertThat(made.body().at("/metadata/source_capsule").asString()).isEqualTo(id);
        assertThat(made.body().at("/metadata/source_template").asString()).isEqualTo("minimal");
        // The capsule it was made of goes on.
        var exec = api.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}");
        assertThat(exec.status()).isEqualTo(200);
        var all = api.get("/v1/snapshots").body();
        assertThat(all.get(0)).isEqualTo(made.body());
        assertThat(all.get(1).path("name").asString()).isEqualTo("minimal");
        assertThat(api.get("/v1/snapshots?type=snapshot").body()).hasSize(1);
        assertThat(api.get("/v1/snapshots?type=base").body()).hasSize(1);

        var clone = api.post("/v1/capsules", "{\"template\":\"web-1.0\",\"vcpus\":1}");
        assertThat(clone.status()).as(clone.text()).isEqualTo(201);
        assertThat(clone.body().path("vcpus").asInt()).isEqualTo(2);
        assertThat(clone.body().path("memory_mb").asInt()).isEqualTo(256);
        var sent = stack.agent.capsules().get(clone.id());
        assertThat(stack.agent.pauses().templates())
                .containsExactly(sent.getTeamId() + "/" + sent.getTemplateId());

        assertThat(api.delete("/v1/snapshots/web-1.0").status()).isEqualTo(204);
        assertThat(api.get("/v1/capsules/" + clone.id()).body().path("status").asString())
                .isEqualTo("running");
        assertThat(api.get("/v1/capsules/" + clone.id()).body().path("template").asString())
                .isEqualTo("web-1.0");
        refused(api.delete("/v1/snapshots/web-1.0"), 404, "not_found");
        refused(api.post("/v1/capsules", "{\"template\":\"web-1.0\"}"), 404, "not_found");
        Stack.await(Duration.ofSeconds(5), () -> stack.agent.pauses().templates().isEmpty());
    }

    @Test
    void aPausedCapsuleIsGoodEnoughAndStaysPaused() {
        api.post("/v1/capsules/" + id + "/pause", null);
        var made = snapshot("", null);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.body().path("name").asString()).matches("template-[0-9a-f]{8}");
        assertThat(made.body().at("/metadata").has("pause_reason")).isFalse();
        assertThat(api.get("/v1/capsules/" + id).body().path("status").asString())
                .isEqualTo("paused");
    }

    @Test
    void aNameBelongsToOne() {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        refused(snapshot("", "mine"), 409, "template_name_taken");
        refused(snapshot("?overwrite=false", "mine"), 409, "template_name_taken");
        refused(snapshot("", "minimal"), 409, "name_reserved");
        refused(snapshot("?overwrite=true", "minimal"), 409, "name_reserved");
        refused(api.delete("/v1/snapshots/minimal"), 403, "forbidden");
        refused(api.delete("/v1/snapshots/nope"), 404, "not_found");
        assertThat(stack.agent.pauses().templates()).hasSize(1);
    }

    @Test
    void theOldOneStaysUntilTheNewOneIsComplete() throws Exception {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        var old = List.copyOf(stack.agent.pauses().templates());
        stack.agent.pauses().fail("snapshot", Code.RESOURCE_EXHAUSTED, "full");
        refused(snapshot("?overwrite=true", "mine"), 507, "insufficient_storage");
        Stack.await(Duration.ofSeconds(5), () -> rows().equals("mine ready, minimal ready"));
        stack.agent.pauses().heal();
        stack.agent.pauses().hold();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var second = pool.submit(() -> snapshot("?overwrite=true", "mine"));
            Stack.await(Duration.ofSeconds(5), () -> rows().contains("saving"));
            var list = api.get("/v1/snapshots?type=snapshot").body();
            assertThat(list).hasSize(1);
            assertThat(stack.agent.pauses().templates()).containsExactlyElementsOf(old);
            stack.agent.pauses().release();
            assertThat(second.get().status()).isEqualTo(201);
        }
        assertThat(api.get("/v1/snapshots?type=snapshot").body()).hasSize(1);
        Stack.await(
                Duration.ofSeconds(5),
                () ->
                        stack.agent.pauses().templates().size() == 1
                                && !stack.agent.pauses().templates().containsAll(old));
    }

    @Test
    void manyAtOnceLeaveOne() throws Exception {
        var codes = new ArrayList<Integer>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var calls = new ArrayList<java.util.concurrent.Future<ApiProbe.Answer>>();
            for (int i = 0; i < 6; i++) {
                var query = i < 3 ? "" : "?overwrite=true";
                calls.add(pool.submit(() -> snapshot(query, "race")));
            }
            for (var call : calls) codes.add(call.get().status());
        }
        assertThat(codes).isSubsetOf(201, 409).contains(201);
        assertThat(codes.subList(3, 6)).containsOnly(201);
        assertThat(api.get("/v1/snapshots?type=snapshot").body()).hasSize(1);
        Stack.await(Duration.ofSeconds(10), () -> stack.agent.pauses().templates().size() == 1);
    }

    @Test
    void whatIsWrongIsNamed() {
        record Case(String body, String word) {}
        for (var c :
                List.of(
                        new Case("", "body"),
                        new Case("{}", "sandbox_id"),
                        new Case("{\"sandbox_id\":7}", "sandbox_id"),
                        new Case("{\"sandbox_id\":\"x\"}", "sandbox ID"),
                        new Case("{\"sandbox_id\":\"%s\",\"name\":\"a/b\"}", "name"),
                        new Case("{\"sandbox_id\":\"%s\",\"name\":\"-a\"}", "name"))) {
            var answer = api.post("/v1/snapshots", c.body.formatted(id));
            refused(answer, 400, "invalid_request");
            assertThat(answer.message()).as(c.body).contains(c.word);
        }
        refused(snapshot("?overwrite=perhaps", "mine"), 400, "invalid_request");
        var unknown = "{\"sandbox_id\":\"%s\"}".formatted(CapsuleId.random());
        refused(api.post("/v1/snapshots", unknown), 404, "not_found");
        refused(api.as("").post("/v1/snapshots", "{}"), 401, "unauthorized");
        api.delete("/v1/capsules/" + id);
        refused(snapshot("", "mine"), 409, "invalid_state");
        assertThat(rows()).isEqualTo("minimal ready");
    }

    @Test
    void anotherTeamNeitherSeesNorDeletesIt() throws Exception {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        var other = api.as(stack.otherTeam());
        assertThat(other.get("/v1/snapshots?type=snapshot").body()).isEmpty();
        refused(other.delete("/v1/snapshots/mine"), 404, "not_found");
        refused(other.post("/v1/capsules", "{\"template\":\"mine\"}"), 404, "not_found");
        var body = "{\"sandbox_id\":\"%s\",\"name\":\"mine\"}".formatted(id);
        refused(other.post("/v1/snapshots", body), 404, "not_found");
    }

    @Test
    void aHostThatDoesNotMakeItLeavesNothing() {
        record Case(Code code, int status, String error) {}
        for (var c :
                List.of(
                        new Case(Code.FAILED_PRECONDITION, 409, "invalid_state"),
                        new Case(Code.RESOURCE_EXHAUSTED, 507, "insufficient_storage"),
                        new Case(Code.INTERNAL, 502, "agent_error"))) {
            stack.agent.pauses().fail("snapshot", c.code, "words");
            refused(snapshot("", "mine"), c.status, c.error);
            Stack.await(Duration.ofSeconds(5), () -> rows().equals("minimal ready"));
        }
    }

    @Test
    void aClientThatHangsUpGetsItsTemplateAllTheSame() throws Exception {
        stack.agent.pauses().hold();
        try (var socket = new Socket("127.0.0.1", control.port())) {
            var body = "{\"sandbox_id\":\"%s\",\"name\":\"mine\"}".formatted(id);
            var request =
                    "POST /v1/snapshots HTTP/1.1\r\nHost: a\r\nX-API-Key: "
                            + stack.key
                            + "\r\nContent-Length: "
                            + body.length()
                            + "\r\n\r\n"
                            + body;
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            Stack.await(Duration.ofSeconds(5), () -> rows().contains("mine saving"));
        }
        stack.agent.pauses().release();
        Stack.await(
                Duration.ofSeconds(5),
                () -> api.get("/v1/snapshots?type=snapshot").body().size() == 1);
    }

    /// The name is free at once; the files go when the host does it, and the row after them.
    @Test
    void theSweepRemovesWhatTheHostDidNot() throws Exception {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        stack.agent.pauses().fail("delete", Code.INTERNAL, "busy");
        assertThat(api.delete("/v1/snapshots/mine").status()).isEqualTo(204);
        assertThat(api.get("/v1/snapshots?type=snapshot").body()).isEmpty();
        assertThat(rows()).isEqualTo("mine deleting, minimal ready");
        stack.agent.pauses().heal();
        Stack.await(Duration.ofSeconds(30), () -> rows().equals("minimal ready"));
        assertThat(stack.agent.pauses().templates()).isEmpty();
    }

    /// Its control plane was killed while the host was at it.
    @Test
    void theSweepRemovesWhatNobodyMakesAnyMore() throws Exception {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            statement.execute(
                    "update templates set state = 'saving', leased_until = now() - interval '1 s'"
                            + " where name = 'mine'");
        }
        Stack.await(Duration.ofSeconds(30), () -> rows().equals("minimal ready"));
        assertThat(stack.agent.pauses().templates()).isEmpty();
    }

    @Test
    void aTemplateIsOnlyWhereItWasMade() throws Exception {
        assertThat(snapshot("", "mine").status()).isEqualTo(201);
        try {
            stack.agent.ready(false);
            Stack.await(
                    Duration.ofSeconds(10),
                    () -> api.post("/v1/capsules", "{\"template\":\"mine\"}").status() == 503);
            var reply = api.post("/v1/capsules", "{\"template\":\"mine\"}");
            refused(reply, 503, "no_hosts_available");
            assertThat(reply.message()).endsWith("told so"); // the host's own words
        } finally {
            stack.agent.ready(true);
        }
        Stack.await(Duration.ofSeconds(10), () -> api.get("/ready").status() == 200);
    }
}
