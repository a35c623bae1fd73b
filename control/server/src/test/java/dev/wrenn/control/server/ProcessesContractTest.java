package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Commands in the background through the real API: start, list, follow, kill.
class ProcessesContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
    private static final Duration SOON = Duration.ofSeconds(10);

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

    private static ApiProbe.Answer background(String rest) {
        return api.post("/v1/capsules/" + id + "/exec", "{\"background\":true," + rest + "}");
    }

    private static ExecProbe follow(String selector) {
        return ExecProbe.open(
                api.socket("/v1/capsules/" + id + "/processes/" + selector + "/stream"), stack.key);
    }

    @Test
    void itRunsOnIsListedAndIsKilled() {
        var started = background("\"cmd\":\"sleep\",\"args\":[\"9\"],\"tag\":\"web\"");
        assertThat(started.status()).as(started.text()).isEqualTo(202);
        assertThat(started.body().path("sandbox_id").asString()).isEqualTo(id);
        assertThat(started.body().path("cmd").asString()).isEqualTo("sleep");
        assertThat(started.body().path("tag").asString()).isEqualTo("web");
        int pid = started.body().path("pid").asInt();
        assertThat(list()).contains("{\"pid\":" + pid + ",\"tag\":\"web\",\"cmd\":\"sleep\"");

        var again = background("\"cmd\":\"sleep\",\"tag\":\"web\"");
        assertThat(again.status()).isEqualTo(409);
        assertThat(again.code()).isEqualTo("conflict");

        assertThat(delete("web?signal=SIGHUP").status()).isEqualTo(400);
        assertThat(delete("web?signal=SIGTERM").status()).isEqualTo(204);
        assertThat(list()).doesNotContain("\"web\"");
        assertThat(delete("web").status()).isEqualTo(404);
        assertThat(delete(String.valueOf(pid)).code()).isEqualTo("not_found");
        assertThat(delete("99999999999999999999").status()).isEqualTo(404);
    }

    @Test
    void aTagIsMadeUpAndAPidWorksAsWell() {
        var started = background("\"cmd\":\"sleep\",\"timeout_sec\":1").body();
        assertThat(started.path("tag").asString()).matches("proc-[0-9a-f]{8}");
        assertThat(delete(started.path("pid").asString()).status()).isEqualTo(204);
    }

    @Test
    void whatCannotBeStartedIs400() {
        for (var rest :
                List.of(
                        "\"cmd\":\"nope\"",
                        "\"cmd\":\"\"",
                        "\"cmd\":\"true\",\"tag\":\"a/b\"",
                        "\"cmd\":\"true\",\"tag\":\"a b\"",
                        "\"cmd\":\"true\",\"tag\":\"123\"",
                        "\"cmd\":\"true\",\"tag\":\"" + "x".repeat(129) + "\"",
                        "\"cmd\":\"true\",\"tag\":7")) {
            var answer = background(rest);
            assertThat(answer.status()).as(rest).isEqualTo(400);
            assertThat(answer.code()).isEqualTo("invalid_request");
        }
    }

    @Test
    void severalFollowItAndLeaveItAlone() throws Exception {
        background("\"cmd\":\"sleep\",\"tag\":\"shown\"");
        try (var first = follow("shown");
                var second = follow("shown")) {
            assertThat(first.next().path("pid").asInt()).isPositive();
            assertThat(first.next().path("data").asString()).isEqualTo("begun\n");
            second.next();
            second.close();
            Stack.await(SOON, () -> stack.agent.processes().followers() == 1);
            assertThat(list()).contains("\"shown\"");
            assertThat(delete("shown").status()).isEqualTo(204);
            assertThat(first.all().getLast().path("exit_code").asInt()).isEqualTo(137);
            assertThat(first.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void oneThatEndedAMomentAgoIsStillTold() throws Exception {
        background("\"cmd\":\"echo\",\"args\":[\"late\"],\"tag\":\"short\"");
        try (var socket = follow("short")) {
            var messages = socket.all();
            assertThat(messages.get(1).path("data").asString()).isEqualTo("late\n");
            assertThat(messages.getLast().path("exit_code").asInt(-1)).isZero();
        }
    }

    @Test
    void anUnknownProcessIsSaid() throws Exception {
        try (var socket = follow("unknown")) {
            assertThat(socket.all().getLast().path("data").asString()).contains("no such process");
            assertThat(socket.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void credentialsMayComeAsTheFirstMessage() throws Exception {
        background("\"cmd\":\"echo\",\"args\":[\"x\"],\"tag\":\"open\"");
        var uri = api.socket("/v1/capsules/" + id + "/processes/open/stream");
        try (var socket = ExecProbe.open(uri, "")) {
            socket.send("{\"type\":\"auth\",\"token\":\"" + stack.key + "\"}");
            assertThat(socket.all().getLast().path("type").asString()).isEqualTo("exit");
        }
        try (var socket = ExecProbe.open(uri, "")) { // nothing within the time
            assertThat(socket.all().getLast().path("data").asString())
                    .isEqualTo("authentication failed");
        }
    }

    @Test
    void anotherTeamSeesNothing() throws Exception {
        background("\"cmd\":\"sleep\",\"tag\":\"mine\"");
        var other = stack.otherTeam();
        var foreign = new ApiProbe(control.port(), other);
        var base = "/v1/capsules/" + id;
        assertThat(foreign.get(base + "/processes").status()).isEqualTo(404);
        assertThat(foreign.delete(base + "/processes/mine").status()).isEqualTo(404);
        assertThat(foreign.post(base + "/exec", "{\"cmd\":\"true\",\"background\":true}").status())
                .isEqualTo(404);
        try (var socket = ExecProbe.open(api.socket(base + "/processes/mine/stream"), other)) {
            assertThat(socket.all().getLast().path("data").asString())
                    .isEqualTo("sandbox not found");
        }
        // A capsule of their own has none of it.
        var own = foreign.post("/v1/capsules", "{}").id();
        assertThat(foreign.delete("/v1/capsules/" + own + "/processes/mine").status())
                .isEqualTo(404);
        assertThat(list()).contains("\"mine\"");
    }

    @Test
    void onlyARunningCapsuleHasProcesses() {
        var gone = api.post("/v1/capsules", "{}").id();
        api.delete("/v1/capsules/" + gone);
        assertThat(api.get("/v1/capsules/" + gone + "/processes").code())
                .isEqualTo("invalid_state");
        assertThat(api.get("/v1/capsules/x/processes").status()).isEqualTo(400);
        assertThat(api.get("/v1/capsules/" + CapsuleId.random() + "/processes").status())
                .isEqualTo(404);
    }

    private static String list() {
        var answer = api.get("/v1/capsules/" + id + "/processes");
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return answer.body().toString();
    }

    private static ApiProbe.Answer delete(String selector) {
        return api.delete("/v1/capsules/" + id + "/processes/" + selector);
    }
}
