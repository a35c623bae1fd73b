package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SandboxStatus;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Pause and resume through the real API, database and protocol.
class PausesContractTest {
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
        id = api.post("/v1/capsules", "{}").id();
    }

    @AfterEach
    void cleanUp() {
        stack.agent.pauses().heal();
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        Stack.await(Duration.ofSeconds(10), () -> stack.agent.capsules().isEmpty());
    }

    private static ApiProbe.Answer pause(String id) {
        return api.post("/v1/capsules/" + id + "/pause", null);
    }

    private static ApiProbe.Answer resume(String id) {
        return api.post("/v1/capsules/" + id + "/resume", null);
    }

    private static String status(ApiProbe.Answer answer) {
        return answer.body().path("status").asString("");
    }

    private String status() {
        return status(api.get("/v1/capsules/" + id));
    }

    private ApiProbe.Answer exec() {
        return api.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}");
    }

    private long incarnation() {
        return stack.agent.capsules().get(id).getIncarnation();
    }

    private static void refused(ApiProbe.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
    }

    @Test
    void aCapsuleIsPausedAndGoesOn() {
        for (int life = 1; life <= 3; life++) {
            assertThat(incarnation()).isEqualTo(life);
            var paused = pause(id);
            assertThat(paused.status()).isEqualTo(200);
            assertThat(status(paused)).isEqualTo("paused");
            assertThat(paused.body().has("host_ip")).isFalse();
            assertThat(paused.body().at("/metadata/pause_reason").asString()).isEqualTo("asked");
            assertThat(paused.body().at("/metadata/accel").asString()).isEqualTo("none");
            assertThat(api.get("/v1/capsules").body().get(0)).isEqualTo(paused.body());
            var exec = exec();
            refused(exec, 409, "invalid_state");
            assertThat(exec.message()).contains("paused");
            refused(api.post("/v1/capsules/" + id + "/ping", null), 409, "invalid_state");
            refused(pause(id), 409, "invalid_state");
            var resumed = resume(id);
            assertThat(resumed.status()).isEqualTo(200);
            assertThat(status(resumed)).isEqualTo("running");
            assertThat(resumed.body().has("host_ip")).isTrue();
            assertThat(resumed.body().at("/metadata").has("pause_reason")).isFalse();
            refused(resume(id), 409, "invalid_state");
            assertThat(exec().status()).isEqualTo(200);
        }
    }

    @Test
    void aPauseThatFailsIsTypedAndTheCapsuleRunsOn() {
        record Case(Code code, int status, String error) {}
        for (var c :
                List.of(
                        new Case(Code.RESOURCE_EXHAUSTED, 507, "insufficient_storage"),
                        new Case(Code.INTERNAL, 502, "agent_error"),
                        new Case(Code.FAILED_PRECONDITION, 409, "invalid_state"))) {
            stack.agent.pauses().fail("pause", c.code, "words");
            refused(pause(id), c.status, c.error);
            assertThat(status()).isEqualTo("running");
            assertThat(exec().status()).isEqualTo(200);
        }
    }

    @Test
    void aResumeThatFailsIsTypedAndTheCapsuleStaysPaused() {
        pause(id);
        record Case(Code code, int status, String error) {}
        for (var c :
                List.of(
                        new Case(Code.UNAVAILABLE, 503, "no_hosts_available"),
                        new Case(Code.RESOURCE_EXHAUSTED, 507, "insufficient_storage"),
                        new Case(Code.INTERNAL, 502, "agent_error"))) {
            stack.agent.pauses().fail("resume", c.code, "words");
            refused(resume(id), c.status, c.error);
            assertThat(status()).isEqualTo("paused");
        }
        stack.agent.pauses().heal();
        assertThat(status(resume(id))).isEqualTo("running");
        assertThat(exec().status()).isEqualTo(200);
    }

    @Test
    void aDamagedImageIsAnErrorWhoseFilesStayUntilItIsDestroyed() {
        pause(id);
        stack.agent.pauses().fail("resume", Code.DATA_LOSS, "memory.0: checksum");
        var failed = resume(id);
        refused(failed, 502, "agent_error");
        assertThat(failed.message()).contains("damaged");
        assertThat(status()).isEqualTo("error");
        var row = api.get("/v1/capsules/" + id).body();
        assertThat(row.path("cause").asString()).isNotEmpty();
        assertThat(api.get("/v1/capsules").body()).isEmpty();
        assertThat(stack.agent.capsules()).containsKey(id);
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(stack.agent.capsules()).isEmpty();
        assertThat(status()).isEqualTo("stopped");
    }

    @Test
    void ofTwoCallsAtOnceOneLoses() throws Exception {
        stack.agent.pauses().hold();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var first = pool.submit(() -> pause(id));
            Stack.await(Duration.ofSeconds(5), () -> !stack.agent.pauses().asked().isEmpty());
            assertThat(status()).isEqualTo("running");
            refused(pause(id), 409, "invalid_state");
            refused(resume(id), 409, "invalid_state");
            stack.agent.pauses().release();
            assertThat(status(first.get())).isEqualTo("paused");
        }
        assertThat(stack.agent.pauses().asked()).containsExactly("pause 1");
    }

    @Test
    void aSlowResumeIsAnsweredInTimeAndGoesOn() {
        pause(id);
        stack.agent.pauses().hold();
        long start = System.nanoTime();
        var answer = resume(id);
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(3_500), Duration.ofSeconds(5));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(status(answer)).isEqualTo("starting");
        refused(resume(id), 409, "invalid_state");
        stack.agent.pauses().release();
        assertThat(exec().status()).isEqualTo(200); // waits for what is starting
        assertThat(status()).isEqualTo("running");
    }

    @Test
    void aClientThatHangsUpDuringAPauseChangesNothing() throws Exception {
        stack.agent.pauses().hold();
        try (var socket = new Socket("127.0.0.1", control.port())) {
            var request =
                    "POST /v1/capsules/"
                            + id
                            + "/pause HTTP/1.1\r\nHost: a\r\nX-API-Key: "
                            + stack.key
                            + "\r\nContent-Length: 0\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            Stack.await(Duration.ofSeconds(5), () -> !stack.agent.pauses().asked().isEmpty());
        }
        stack.agent.pauses().release();
        api.awaitStatus(id, "paused", Duration.ofSeconds(5));
    }

    @Test
    void anIdleCapsuleIsPausedByItsHost() {
        stack.agent.pauses().idle(id);
        var row = api.awaitStatus(id, "paused", Duration.ofSeconds(5));
        assertThat(row.at("/metadata/pause_reason").asString()).isEqualTo("idle");
        assertThat(status(resume(id))).isEqualTo("running");
        assertThat(incarnation()).isEqualTo(2);
    }

    /// Words that were on their way while a call was answered arrive after its outcome was stored.
    @Test
    void aLateWordUndoesNothing() {
        var runs = stack.agent.capsules().get(id);
        pause(id);
        var paused = stack.agent.capsules().get(id);
        afterLateWords(List.of(runs));
        assertThat(status()).isEqualTo("paused");
        resume(id);
        afterLateWords(List.of(runs, paused));
        assertThat(status()).isEqualTo("running");
        assertThat(stack.agent.capsules().get(id).getIncarnation()).isEqualTo(2);
        assertThat(exec().status()).isEqualTo(200);
    }

    /// Words are taken in order: when the end of another capsule is known, the ones before are.
    private void afterLateWords(List<Sandbox> words) {
        var other = api.post("/v1/capsules", "{}").id();
        words.forEach(stack.agent::sayLate);
        stack.agent.die(other, "to be noticed");
        api.awaitStatus(other, "stopped", Duration.ofSeconds(10));
    }

    @Test
    void aPausedCapsuleIsDestroyedAlsoWhileItIsSavedOrResumed() throws Exception {
        stack.agent.pauses().hold();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var pausing = pool.submit(() -> pause(id));
            Stack.await(Duration.ofSeconds(5), () -> !stack.agent.pauses().asked().isEmpty());
            assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
            stack.agent.pauses().release();
            refused(pausing.get(), 409, "invalid_state");
        }
        assertThat(status()).isEqualTo("stopped");
        Stack.await(Duration.ofSeconds(5), () -> stack.agent.capsules().isEmpty());
        create();
        pause(id);
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(stack.agent.capsules()).isEmpty();
    }

    @Test
    void aPausedCapsuleThatItsHostHasLostIsStopped() {
        pause(id);
        stack.agent.goAway();
        stack.agent.forget(id);
        stack.agent.comeBack();
        api.awaitStatus(id, "stopped", Duration.ofSeconds(15));
    }

    @Test
    void aHostThatIsAwayIs503AndThePausedCapsuleIsUnchanged() {
        pause(id);
        var before = api.get("/v1/capsules/" + id).body();
        stack.agent.goAway();
        try {
            refused(resume(id), 503, "host_unavailable");
            assertThat(api.get("/v1/capsules/" + id).body()).isEqualTo(before);
        } finally {
            stack.agent.comeBack();
        }
        Stack.await(Duration.ofSeconds(10), () -> resume(id).status() == 200);
        api.awaitStatus(id, "running", Duration.ofSeconds(5));
    }

    /// Nobody knows whether the order arrived: the sweep asks until it does.
    @Test
    void aPauseThatLosesItsHostIsResolvedWhenItIsBack() {
        stack.agent.goAway();
        try {
            refused(pause(id), 503, "host_unavailable");
            assertThat(status()).isEqualTo("running");
            refused(pause(id), 409, "invalid_state");
        } finally {
            stack.agent.comeBack();
        }
        api.awaitStatus(id, "paused", Duration.ofSeconds(60));
        assertThat(stack.agent.capsules().get(id).getStatus())
                .isEqualTo(SandboxStatus.SANDBOX_STATUS_PAUSED);
    }
}
