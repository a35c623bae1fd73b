package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What happens when parts go away, and when there are two control planes.
class FaultsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private Stack stack;

    @BeforeEach
    void open() {
        stack = new Stack(POSTGRES, REDIS);
    }

    @AfterEach
    void close() throws Exception {
        stack.close();
        sql("delete from capsules; delete from hosts;");
    }

    /// A control plane in a process of its own, so that it can be killed.
    private Process child() throws IOException {
        var builder =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ChildMain.class.getName());
        builder.environment().put("TEST_JDBC_URL", POSTGRES.jdbcUrl());
        builder.environment().put("TEST_USER", POSTGRES.user());
        builder.environment().put("TEST_PASSWORD", POSTGRES.password());
        builder.environment().put("TEST_REDIS", REDIS.uri().toString());
        builder.environment().put("TEST_BOOTSTRAP", stack.bootstrap.toString());
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    @Test
    void aKilledControlPlaneLeavesNoCapsuleOpen() throws Exception {
        stack.agent.holdBoots();
        var child = child();
        var pool = Executors.newVirtualThreadPerTaskExecutor();
        try (var lines = child.inputReader()) {
            int port = Integer.parseInt(lines.readLine().strip());
            var probe = new ApiProbe(port, stack.key);
            Stack.await(Duration.ofSeconds(20), () -> probe.get("/ready").status() == 200);
            pool.submit(() -> probe.post("/v1/capsules", "{}"));
            Stack.await(Duration.ofSeconds(10), () -> stack.agent.creates() == 1);
        } finally {
            child.destroyForcibly().waitFor();
            pool.shutdownNow();
        }
        assertThat(stack.agent.capsules()).hasSize(1);
        stack.agent.releaseBoots();
        try (var control = Control.start(stack.config())) {
            var id = stack.agent.capsules().keySet().iterator().next();
            stack.probe(control).awaitStatus(id, "running", Duration.ofSeconds(60));
        }
    }

    /// The order never reached the host: nothing there knows of the row.
    @Test
    void anOrderThatWasNeverSentIsSentAgain() throws Exception {
        String id;
        try (var control = stack.control()) {
            id = stack.probe(control).post("/v1/capsules", "{}").id();
        }
        stack.agent.forget(id);
        sql("update capsules set status = 'pending', updated_at = now() - interval '10 s'");
        try (var control = Control.start(stack.config())) {
            stack.probe(control).awaitStatus(id, "running", Duration.ofSeconds(60));
            assertThat(stack.agent.capsules()).containsKey(id);
        }
    }

    /// Control planes that stored what they wanted and went down before the host heard of it.
    @Test
    void intentsOfAKilledControlPlaneAreCarriedOut() throws Exception {
        String pausing;
        String starting;
        try (var control = stack.control()) {
            var api = stack.probe(control);
            pausing = api.post("/v1/capsules", "{}").id();
            starting = api.post("/v1/capsules", "{}").id();
            assertThat(api.post("/v1/capsules/" + starting + "/pause", null).status())
                    .isEqualTo(200);
        }
        sql(
                "update capsules set phase = 'pausing', updated_at = now() - interval '10 s'"
                        + " where status = 'running'");
        sql(
                "update capsules set status = 'starting', incarnation = incarnation + 1,"
                        + " updated_at = now() - interval '10 s' where status = 'paused'");
        try (var control = Control.start(stack.config())) {
            var api = stack.probe(control);
            api.awaitStatus(pausing, "paused", Duration.ofSeconds(60));
            api.awaitStatus(starting, "running", Duration.ofSeconds(60));
            assertThat(stack.agent.capsules().get(starting).getIncarnation()).isEqualTo(2);
        }
    }

    private static void sql(String text) throws Exception {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    @Test
    void aClientThatHangsUpDuringACreateLeavesARunningCapsule() throws Exception {
        try (var control = stack.control()) {
            stack.agent.holdBoots();
            try (var socket = new Socket("127.0.0.1", control.port())) {
                var request =
                        "POST /v1/capsules HTTP/1.1\r\nHost: a\r\nX-API-Key: "
                                + stack.key
                                + "\r\nContent-Length: 2\r\n\r\n{}";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                Stack.await(Duration.ofSeconds(10), () -> stack.agent.creates() == 1);
            }
            stack.agent.releaseBoots();
            var id = stack.agent.capsules().keySet().iterator().next();
            stack.probe(control).awaitStatus(id, "running", Duration.ofSeconds(10));
        }
    }

    @Test
    void anAgentThatIsGoneIsSaidAndComesBack() throws Exception {
        try (var control = stack.control()) {
            var api = stack.probe(control);
            var id = api.post("/v1/capsules", "{}").id();
            stack.agent.goAway();
            var exec = api.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}");
            assertThat(exec.status()).isEqualTo(503);
            assertThat(exec.code()).isEqualTo("host_unavailable");
            assertThat(exec.message()).doesNotContain("127.0.0.1");
            assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("host_unavailable");
            assertThat(api.post("/v1/capsules/" + id + "/ping", null).code())
                    .isEqualTo("host_unavailable");
            // One failed answer is no evidence: the capsule is not declared dead.
            assertThat(api.get("/v1/capsules/" + id).body().path("status").asString())
                    .isEqualTo("running");
            Stack.await(Duration.ofSeconds(20), () -> api.get("/ready").status() == 503);
            var nowhere = api.post("/v1/capsules", "{}");
            assertThat(nowhere.code()).isEqualTo("no_hosts_available");
            assertThat(nowhere.message()).contains("not reachable").doesNotContain("127.0.0.1");
            stack.agent.comeBack();
            Stack.await(Duration.ofSeconds(10), () -> api.get("/ready").status() == 200);
            Stack.await(
                    Duration.ofSeconds(10),
                    () ->
                            api.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}").status()
                                    == 200);
        }
    }

    /// Fault: the agent is gone when the capsule is asked for, and back while its caller waits.
    @Test
    void aCreateWaitsForAnAgentThatIsBackSoon() throws Exception {
        try (var control = stack.control();
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var api = stack.probe(control);
            stack.agent.goAway();
            var create = pool.submit(() -> api.post("/v1/capsules", "{}"));
            Stack.await(Duration.ofSeconds(3), () -> api.get("/v1/capsules").body().size() == 1);
            stack.agent.comeBack();
            var made = create.get();
            assertThat(made.status()).isEqualTo(201);
            assertThat(made.body().path("status").asString()).isEqualTo("running");
            assertThat(stack.agent.capsules()).containsOnlyKeys(made.id());
        }
    }

    @Test
    void whatAReturningHostHasLostIsStopped() throws Exception {
        try (var control = stack.control()) {
            var api = stack.probe(control);
            var lost = api.post("/v1/capsules", "{}").id();
            var kept = api.post("/v1/capsules", "{}").id();
            stack.agent.goAway();
            stack.agent.forget(lost);
            stack.agent.comeBack();
            api.awaitStatus(lost, "stopped", Duration.ofSeconds(15));
            assertThat(api.get("/v1/capsules/" + kept).body().path("status").asString())
                    .isEqualTo("running");
        }
    }

    @Test
    void twoControlPlanesAgree() throws Exception {
        try (var one = stack.control();
                var two = stack.control()) {
            var first = stack.probe(one);
            var second = stack.probe(two);
            var id = first.post("/v1/capsules", "{}").id();
            assertThat(second.get("/v1/capsules/" + id).body().path("status").asString())
                    .isEqualTo("running");
            assertThat(second.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}").status())
                    .isEqualTo(200);
            stack.agent.holdBoots();
            var slow = first.post("/v1/capsules", "{}").id();
            try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
                var exec =
                        pool.submit(() ->
                                second.post(
                                        "/v1/capsules/" + slow + "/exec", "{\"cmd\":\"true\"}"));
                stack.agent.releaseBoots();
                assertThat(exec.get().status()).isEqualTo(200);
            }
            stack.agent.die(id, "it fell over");
            first.awaitStatus(id, "stopped", Duration.ofSeconds(5));
            var row = second.get("/v1/capsules/" + id).body();
            assertThat(row.path("cause").asString()).isEqualTo("it fell over");
            assertThat(second.delete("/v1/capsules/" + slow).status()).isEqualTo(204);
            assertThat(first.get("/v1/capsules/" + slow).body().path("status").asString())
                    .isEqualTo("stopped");
        }
    }

    @Test
    void redisBeingDownFailsNoRequest() throws Exception {
        try (var control = Control.start(stack.config("redis://127.0.0.1:1"))) {
            var api = stack.probe(control);
            Stack.await(
                    Duration.ofSeconds(15),
                    () -> api.get("/ready").text().equals(onlyRedis(api.get("/ready").text())));
            var created = api.post("/v1/capsules", "{}");
            assertThat(created.status()).isEqualTo(201);
            assertThat(api.delete("/v1/capsules/" + created.id()).status()).isEqualTo(204);
            assertThat(api.get("/metrics").text()).contains("wrenn_events_waiting");
        }
    }

    /// The answer itself when Redis is the only reason in it.
    private static String onlyRedis(String text) {
        boolean only = text.contains("[\"Redis does not answer\"]");
        return only ? text : "";
    }

    @Test
    void aLostDatabaseIs503AndComesBack() throws Exception {
        try (var gate = new TcpGate(postgresPort())) {
            var url =
                    POSTGRES.jdbcUrl().replace(":" + postgresPort() + "/", ":" + gate.port() + "/");
            try (var behind = new Stack(POSTGRES, REDIS, url);
                    var control = behind.control()) {
                var api = behind.probe(control);
                var id = api.post("/v1/capsules", "{}").id();
                gate.shut();
                var lost = api.get("/v1/capsules/" + id);
                assertThat(lost.status()).isEqualTo(503);
                assertThat(lost.code()).isEqualTo("unavailable");
                assertThat(api.get("/ready").text()).contains("PostgreSQL");
                assertThat(api.get("/health").status()).isEqualTo(200);
                behind.agent.die(id, "while nobody could write it down");
                gate.open();
                Stack.await(
                        Duration.ofSeconds(20),
                        () -> api.get("/v1/capsules/" + id).status() == 200);
                api.awaitStatus(id, "stopped", Duration.ofSeconds(40));
            }
        }
    }

    private static int postgresPort() {
        return Integer.parseInt(POSTGRES.jdbcUrl().replaceAll(".*:(\\d+)/.*", "$1"));
    }

    @Test
    void aStopClosesSocketsAndLetsRequestsFinish() throws Exception {
        var control = stack.control();
        var api = stack.probe(control);
        var id = api.post("/v1/capsules", "{}").id();
        var uri = api.socket("/v1/capsules/" + id + "/exec/stream");
        try (var pool = Executors.newVirtualThreadPerTaskExecutor();
                var socket =
                        ExecProbe.open(uri, stack.key)
                                .send(
                                        "{\"type\":\"start\",\"cmd\":\"sleep\","
                                                + "\"args\":[\"600\"]}")) {
            socket.next();
            var path = "/v1/capsules/" + id + "/exec";
            var exec = pool.submit(() -> api.post(path, "{\"cmd\":\"sleep\",\"args\":[\"2\"]}"));
            Stack.await(
                    Duration.ofSeconds(5),
                    () -> api.get("/metrics").text().contains("wrenn_exec_streams 1"));
            control.close();
            assertThat(socket.closeCode()).isEqualTo(1001);
            assertThat(exec.get().status()).isIn(200, 503);
        }
    }

    @Test
    void changesAreToldToRedis() throws Exception {
        try (var control = stack.control()) {
            var id = stack.probe(control).post("/v1/capsules", "{}").id();
            try (var redis =
                    dev.wrenn.control.bus.Redis.open(
                            REDIS.uri().toString(), java.util.Optional.empty())) {
                assertThat(redis.answers()).isTrue();
                Stack.await(
                        Duration.ofSeconds(5),
                        () ->
                                RedisProbe.events(REDIS, id)
                                        .equals("capsule.pending capsule.running"));
            }
        }
    }

    @Test
    void aBootstrapThatOthersCanReadIsRefused() throws Exception {
        var open = Files.createTempFile("bootstrap", ".json");
        try (Stream<?> _ = Stream.empty()) {
            Files.setPosixFilePermissions(
                    open, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
            org.assertj.core.api.Assertions.assertThatThrownBy(
                            () -> Bootstrap.read(open, new java.security.SecureRandom()))
                    .hasMessageContaining("0600");
        } finally {
            Files.delete(open);
        }
    }
}
