package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The life of capsules through the real API, database and bus.
class CapsulesContractTest {
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

    @AfterEach
    void cleanUp() {
        stack.agent.releaseBoots();
        stack.agent.failBoots(null, "");
        for (var capsule : api.get("/v1/capsules").body())
            api.delete("/v1/capsules/" + capsule.path("id").asString());
        Stack.await(Duration.ofSeconds(10), () -> stack.agent.capsules().isEmpty());
    }

    @Test
    void aWholeLife() {
        var created = api.post("/v1/capsules", "{\"vcpus\":2,\"memory_mb\":256,\"extra\":1}");
        assertThat(created.status()).isEqualTo(201);
        var id = created.id();
        assertThat(created.body().path("status").asString()).isEqualTo("running");
        assertThat(created.body().path("vcpus").asInt()).isEqualTo(2);
        assertThat(created.body().path("memory_mb").asInt()).isEqualTo(256);
        assertThat(created.body().path("template").asString()).isEqualTo("minimal");
        assertThat(created.body().path("guest_ip").asString()).isEqualTo("169.254.0.21");
        assertThat(created.body().at("/metadata/accel").asString()).isEqualTo("none");
        var sent = stack.agent.capsules().get(id);
        assertThat(sent.getTemplateId()).isEqualTo("00000000-0000-0000-0000-000000000000");
        assertThat(sent.getTeamId()).isEqualTo("00000000-0000-0000-0000-000000000000");

        assertThat(api.get("/v1/capsules/" + id).body()).isEqualTo(created.body());
        assertThat(api.get("/v1/capsules").body().get(0).path("id").asString()).isEqualTo(id);
        assertThat(api.post("/v1/capsules/" + id + "/ping", null).status()).isEqualTo(204);

        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(stack.agent.capsules()).isEmpty();
        var ended = api.get("/v1/capsules/" + id);
        assertThat(ended.body().path("status").asString()).isEqualTo("stopped");
        assertThat(ended.body().path("cause").asString()).contains("request");
        assertThat(api.get("/v1/capsules").body()).isEmpty();
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        var ping = api.post("/v1/capsules/" + id + "/ping", null);
        assertThat(ping.code()).isEqualTo("invalid_state");
        assertThat(ping.message()).contains("stopped");
    }

    @Test
    void defaultsStandForWhatIsMissingOrNotPositive() {
        for (var body :
                new String[] {null, "{}", "{\"vcpus\":0,\"memory_mb\":-1,\"template\":null}"}) {
            var created = api.post("/v1/capsules", body);
            assertThat(created.status()).as(created.text()).isEqualTo(201);
            assertThat(created.body().path("vcpus").asInt()).isEqualTo(1);
            assertThat(created.body().path("memory_mb").asInt()).isEqualTo(512);
            assertThat(created.body().path("timeout_sec").asInt()).isZero();
        }
    }

    @Test
    void aSlowBootIsAnsweredInTimeAndGoesOn() throws Exception {
        stack.agent.holdBoots();
        long start = System.nanoTime();
        var created = api.post("/v1/capsules", "{}");
        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(3_500), Duration.ofSeconds(5));
        assertThat(created.status()).isEqualTo(201);
        assertThat(created.body().path("status").asString()).isEqualTo("pending");
        stack.agent.releaseBoots();
        api.awaitStatus(created.id(), "running", Duration.ofSeconds(3));
    }

    @Test
    void execWaitsForABootThatIsNearlyDone() throws Exception {
        stack.agent.holdBoots();
        var created = api.post("/v1/capsules", "{}");
        var path = "/v1/capsules/" + created.id() + "/exec";
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var exec = pool.submit(() -> api.post(path, "{\"cmd\":\"true\"}"));
            stack.agent.releaseBoots();
            assertThat(exec.get().status()).isEqualTo(200);
        }
    }

    @Test
    void execOfACapsuleThatDoesNotComeUpIsRefused() {
        stack.agent.holdBoots();
        var created = api.post("/v1/capsules", "{}");
        var refused = api.post("/v1/capsules/" + created.id() + "/exec", "{\"cmd\":\"true\"}");
        assertThat(refused.status()).isEqualTo(409);
        assertThat(refused.code()).isEqualTo("invalid_state");
        assertThat(refused.message()).contains("pending");
    }

    @Test
    void aFailedBootIsTypedAndTheRowSaysWhy() {
        record Case(Code code, int status, String error) {}
        for (var c :
                List.of(
                        new Case(Code.RESOURCE_EXHAUSTED, 507, "insufficient_storage"),
                        new Case(Code.UNAVAILABLE, 503, "no_hosts_available"),
                        new Case(Code.INTERNAL, 502, "agent_error"),
                        new Case(Code.NOT_FOUND, 404, "not_found"))) {
            stack.agent.failBoots(c.code, "the disk is full of words");
            var failed = api.post("/v1/capsules", "{}");
            assertThat(failed.status()).isEqualTo(c.status);
            assertThat(failed.code()).isEqualTo(c.error);
        }
        assertThat(api.get("/v1/capsules").body()).isEmpty();
    }

    @Test
    void aCapsuleThatDiesIsNoticedWithItsCause() {
        var id = api.post("/v1/capsules", "{}").id();
        stack.agent.die(id, "VMM was killed by signal 9");
        var row = api.awaitStatus(id, "stopped", Duration.ofSeconds(2));
        assertThat(row.path("cause").asString()).isEqualTo("VMM was killed by signal 9");
        // Stored first, then acknowledged.
        Stack.await(Duration.ofSeconds(2), () -> stack.agent.capsules().isEmpty());
    }

    @Test
    void whatNobodyOrderedIsDestroyed() {
        var id = CapsuleId.random().toString();
        stack.agent.plant(id);
        Stack.await(Duration.ofSeconds(3), () -> !stack.agent.capsules().containsKey(id));
    }

    @Test
    void destroyDuringABootWins() throws Exception {
        stack.agent.holdBoots();
        var id = api.post("/v1/capsules", "{}").id();
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        stack.agent.releaseBoots();
        Stack.await(Duration.ofSeconds(5), () -> stack.agent.capsules().isEmpty());
        assertThat(api.get("/v1/capsules/" + id).body().path("status").asString())
                .isEqualTo("stopped");
    }

    @Test
    void manyAtOnceAreAllDifferentAndAllRun() throws Exception {
        var ids = new HashSet<String>();
        for (var answer : parallel(20, () -> api.post("/v1/capsules", "{}"))) {
            assertThat(answer.status()).isEqualTo(201);
            ids.add(answer.id());
        }
        assertThat(ids).hasSize(20);
        assertThat(stack.agent.capsules().keySet()).isEqualTo(ids);
    }

    @Test
    void theLimitOfATeamHoldsAlsoAtOnce() throws Exception {
        int over = 0;
        for (var answer : parallel(25 + 5, () -> api.post("/v1/capsules", "{}"))) {
            if (answer.status() == 201) continue;
            assertThat(answer.status()).isEqualTo(403);
            assertThat(answer.code()).isEqualTo("forbidden");
            over++;
        }
        assertThat(over).isEqualTo(5);
    }

    @Test
    void destroyFromAllSidesAtOnceIsDoneOnce() throws Exception {
        var id = api.post("/v1/capsules", "{}").id();
        for (var answer : parallel(8, () -> api.delete("/v1/capsules/" + id)))
            assertThat(answer.status()).isEqualTo(204);
        assertThat(api.get("/v1/capsules/" + id).body().path("status").asString())
                .isEqualTo("stopped");
    }

    private static <T> List<T> parallel(int count, Callable<T> call) throws Exception {
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<java.util.concurrent.Future<T>>();
            for (int i = 0; i < count; i++) futures.add(pool.submit(call));
            var results = new ArrayList<T>();
            for (var future : futures) results.add(future.get());
            return results;
        }
    }
}
