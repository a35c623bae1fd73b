package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Commands through the real API, in the foreground and streamed.
class ExecContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(1);

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        id = api.post("/v1/capsules", "{}").id();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static ApiProbe.Answer exec(String body) {
        return api.post("/v1/capsules/" + id + "/exec", body);
    }

    @Test
    void anyExitCodeIs200() {
        var answer = exec("{\"cmd\":\"echo\",\"args\":[\"héllo\",\"→\"]}");
        assertThat(answer.body().path("stdout").asString()).isEqualTo("héllo →\n");
        assertThat(answer.body().path("encoding").asString()).isEqualTo("utf-8");
        assertThat(answer.body().path("sandbox_id").asString()).isEqualTo(id);
        assertThat(exec("{\"cmd\":\"exit\",\"args\":[\"3\"]}").body().path("exit_code").asInt())
                .isEqualTo(3);
        assertThat(exec("{\"cmd\":\"nope\"}").body().path("exit_code").asInt()).isEqualTo(127);
    }

    /// That a capsule runs is remembered: for its own team only, and not beyond what another
    /// control plane does.
    @Test
    void whatIsRememberedOpensNothingAndEndsWithTheState() throws Exception {
        var path = "/v1/capsules/" + api.post("/v1/capsules", "{}").id();
        var command = "{\"cmd\":\"echo\"}";
        IntSupplier exec = () -> api.post(path + "/exec", command).status();
        var stranger = new ApiProbe(control.port(), stack.otherTeam());
        var second = stack.control();
        try {
            var there = stack.probe(second);
            for (int i = 0; i < 3; i++) assertThat(exec.getAsInt()).isEqualTo(200);
            assertThat(stranger.post(path + "/exec", command).status()).isEqualTo(404);
            assertThat(there.post(path + "/pause", "").status()).isEqualTo(200);
            Stack.await(SOON, () -> exec.getAsInt() == 409);
            assertThat(there.post(path + "/resume", "").status()).isEqualTo(200);
            Stack.await(SOON, () -> exec.getAsInt() == 200);
            assertThat(there.delete(path).status()).isEqualTo(204);
            Stack.await(SOON, () -> exec.getAsInt() == 409);
        } finally {
            second.close();
        }
    }

    @Test
    void envsAndCwdArrive() {
        var envs = exec("{\"cmd\":\"env\",\"envs\":{\"B\":\"2\",\"A\":\"1 1\"}}");
        assertThat(envs.body().path("stdout").asString()).isEqualTo("{A=1 1, B=2}\n");
        var cwd = exec("{\"cmd\":\"pwd\",\"cwd\":\"/tmp\"}");
        assertThat(cwd.body().path("stdout").asString()).isEqualTo("/tmp\n");
    }

    @Test
    void bytesThatAreNotTextAreBase64() {
        var answer = exec("{\"cmd\":\"bytes\",\"args\":[\"ff00fe\"]}").body();
        assertThat(answer.path("encoding").asString()).isEqualTo("base64");
        assertThat(Base64.getDecoder().decode(answer.path("stdout").asString()))
                .containsExactly(0xff, 0x00, 0xfe);
        assertThat(answer.path("stderr").asString()).isEmpty();
    }

    @Test
    void bigOutputArrivesAndIsMarked() {
        var answer = exec("{\"cmd\":\"flood\",\"args\":[\"" + (8 << 20) + "\"]}").body();
        assertThat(answer.path("truncated").asBoolean()).isTrue();
        assertThat(answer.path("stdout").asString()).hasSize(8 << 20);
    }

    @Test
    void aCommandThatTakesTooLongIs504() {
        var late = exec("{\"cmd\":\"sleep\",\"args\":[\"60\"],\"timeout_sec\":1}");
        assertThat(late.status()).isEqualTo(504);
        assertThat(late.code()).isEqualTo("exec_timeout");
        assertThat(late.message()).contains("timeout");
        var inTime = exec("{\"cmd\":\"sleep\",\"args\":[\"0.1\"],\"timeout_sec\":3600}");
        assertThat(inTime.status()).isEqualTo(200);
    }

    /// The idle time-outs of every hop are shorter here than the command is silent.
    @Test
    void aSilentCommandIsNotCutOff() {
        var answer = exec("{\"cmd\":\"sleep\",\"args\":[\"22\"],\"timeout_sec\":60}");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    }

    @Test
    void aDeadGuestIs502() {
        var answer = exec("{\"cmd\":\"broken\"}");
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.code()).isEqualTo("agent_error");
    }

    private static ExecProbe stream(String start) {
        return ExecProbe.open(api.socket("/v1/capsules/" + id + "/exec/stream"), stack.key)
                .send(start);
    }

    @Test
    void aStreamStartsPrintsAndExits() throws Exception {
        try (var socket = stream("{\"type\":\"start\",\"cmd\":\"echo\",\"args\":[\"a\"]}")) {
            var messages = socket.all();
            assertThat(types(messages)).containsExactly("start", "stdout", "exit");
            assertThat(messages.get(0).path("pid").asInt()).isPositive();
            assertThat(messages.get(1).path("data").asString()).isEqualTo("a\n");
            assertThat(messages.get(2).path("exit_code").asInt()).isZero();
            assertThat(socket.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void charactersAreNotCutAndBadBytesAreReplaced() throws Exception {
        // U+20AC in three chunks, then a lone 0xff, then the first two bytes of another one.
        try (var socket =
                stream(
                        "{\"type\":\"start\",\"cmd\":\"bytes\",\"args\":"
                                + "[\"61e2\",\"82\",\"ac62\",\"ff\",\"e282\"]}")) {
            var text = new StringBuilder();
            for (var message : socket.all())
                if (message.path("type").asString().equals("stdout"))
                    text.append(message.path("data").asString());
            assertThat(text.toString()).isEqualTo("a€b\ufffd\ufffd");
        }
    }

    @Test
    void base64KeepsEveryByte() throws Exception {
        try (var socket =
                stream(
                        "{\"type\":\"start\",\"cmd\":\"bytes\",\"encoding\":\"base64\","
                                + "\"args\":[\"ff00\"]}")) {
            assertThat(socket.all().get(1).path("data").asString()).isEqualTo("/wA=");
        }
    }

    @Test
    void inputReachesTheProgramInOrder() throws Exception {
        try (var socket = stream("{\"type\":\"start\",\"cmd\":\"cat\",\"stdin\":true}")) {
            var expected = new StringBuilder();
            for (int i = 0; i < 200; i++) {
                expected.append(i).append('\n');
                var data = Base64.getEncoder().encodeToString((i + "\n").getBytes());
                socket.send("{\"type\":\"stdin\",\"data\":\"" + data + "\"}");
            }
            socket.send("{\"type\":\"stdin_close\"}");
            var got = new StringBuilder();
            for (var message : socket.all())
                if (message.path("type").asString().equals("stdout"))
                    got.append(message.path("data").asString());
            assertThat(got.toString()).isEqualTo(expected.toString());
        }
    }

    @Test
    void stopEndsTheProgramGentlyThenForGood() throws Exception {
        try (var socket = stream("{\"type\":\"start\",\"cmd\":\"sleep\",\"args\":[\"600\"]}")) {
            socket.next();
            socket.send("{\"type\":\"stop\"}");
            assertThat(socket.all().getLast().path("exit_code").asInt()).isEqualTo(128 + 15);
        }
        try (var socket =
                stream("{\"type\":\"start\",\"cmd\":\"sleep\",\"args\":[\"600\",\"stubborn\"]}")) {
            socket.next();
            socket.send("{\"type\":\"stop\"}");
            assertThat(socket.all().getLast().path("exit_code").asInt()).isEqualTo(128 + 9);
        }
    }

    @Test
    void signalsReachTheProgram() throws Exception {
        try (var socket = stream("{\"type\":\"start\",\"cmd\":\"sleep\",\"args\":[\"600\"]}")) {
            socket.next();
            socket.send("{\"type\":\"signal\",\"signal\":\"SIGKILL\"}");
            assertThat(socket.all().getLast().path("exit_code").asInt()).isEqualTo(128 + 9);
        }
    }

    @Test
    void closingTheSocketEndsTheProgram() throws Exception {
        try (var socket = stream("{\"type\":\"start\",\"cmd\":\"sleep\",\"args\":[\"600\"]}")) {
            socket.next();
            assertThat(stack.agent.running()).isPositive();
        }
        Stack.await(Duration.ofSeconds(10), () -> stack.agent.running() == 0);
    }

    @Test
    void aSlowReaderGetsEverything() throws Exception {
        int bytes = 8 << 20;
        try (var socket =
                stream("{\"type\":\"start\",\"cmd\":\"flood\",\"args\":[\"" + bytes + "\"]}")) {
            long got = 0;
            for (var message : socket.all()) got += message.path("data").asString("").length();
            assertThat(got).isEqualTo(bytes);
        }
    }

    @Test
    void whatCannotBeStartedIsSaidAndClosedProperly() throws Exception {
        record Case(String key, String capsule, String start, String words) {}
        var start = "{\"type\":\"start\",\"cmd\":\"true\"}";
        var unknown = dev.wrenn.common.model.CapsuleId.random().toString();
        for (var c :
                List.of(
                        new Case(Stack.newKey(), id, start, "authentication failed"),
                        new Case("", id, start, "authentication failed"),
                        new Case(stack.key, unknown, start, "sandbox not found"),
                        new Case(stack.key, id, "{\"type\":\"stop\"}", "start"),
                        new Case(stack.key, id, "not json", "start"),
                        new Case(stack.key, id, "{\"type\":\"start\",\"cmd\":\"\"}", "cmd"),
                        new Case(
                                stack.key,
                                id,
                                "{\"type\":\"start\",\"cmd\":\"broken\"}",
                                "guest"))) {
            var uri = api.socket("/v1/capsules/" + c.capsule + "/exec/stream");
            try (var socket = ExecProbe.open(uri, c.key).send(c.start)) {
                var last = socket.all().getLast();
                assertThat(last.path("type").asString()).as(c.toString()).isEqualTo("error");
                assertThat(last.path("data").asString()).contains(c.words);
                assertThat(socket.closeCode()).isEqualTo(1000);
            }
        }
    }

    @Test
    void aMalformedIdIsRefusedBeforeTheUpgrade() {
        assertThat(ExecProbe.refused(api.socket("/v1/capsules/x/exec/stream"), stack.key))
                .isEqualTo(400);
    }

    private static List<String> types(List<JsonNode> messages) {
        var types = new ArrayList<String>();
        for (var message : messages) types.add(message.path("type").asString());
        return types;
    }
}
