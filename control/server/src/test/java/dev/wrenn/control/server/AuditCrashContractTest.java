package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.bus.RedisEventStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redis.clients.jedis.RedisClient;
import tools.jackson.databind.json.JsonMapper;

/// Many changes at once while the control plane is killed with SIGKILL in between. How many is set
/// by `-Dwrenn.crash.changes`.
class AuditCrashContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int CHANGES = Integer.getInteger("wrenn.crash.changes", 1000);
    private static final int AT_ONCE = 8;
    private static final int KILLS = 3;

    private final AtomicInteger left = new AtomicInteger(CHANGES);
    private volatile int port;

    private static Process child(Stack stack) throws Exception {
        var builder =
                new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
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
    void everyChangeHasItsRowAndItsEvent() throws Exception {
        try (var stack = new Stack(POSTGRES, REDIS);
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> workers = new ArrayList<>();
            for (int life = 1; life <= KILLS; life++) {
                int until = CHANGES - CHANGES * life / KILLS;
                var child = child(stack);
                try (var lines = child.inputReader()) {
                    port = Integer.parseInt(lines.readLine().strip());
                    Stack.awaitReady(port);
                    while (workers.size() < AT_ONCE)
                        workers.add(pool.submit(() -> work(stack.key)));
                    Stack.await(Duration.ofMinutes(5), () -> left.get() <= until);
                } finally {
                    child.destroyForcibly().waitFor(); // SIGKILL
                }
            }
            for (var worker : workers) worker.get();
            try (var control = stack.control()) {
                var api = stack.probe(control);
                for (var capsule : api.get("/v1/capsules").body())
                    api.delete("/v1/capsules/" + capsule.path("id").asString());
                Stack.await(
                        Duration.ofMinutes(1),
                        () ->
                                count("select count(*) from audit_outbox") == 0
                                        && count("select count(*) from events where not published")
                                                == 0);
            }
        }
        check();
    }

    /// Creates and destroys until enough is done; a dead control plane is tried again.
    private void work(String key) {
        while (left.get() > 0) {
            try {
                var api = new ApiProbe(port, key);
                var made = api.post("/v1/capsules", "{}");
                if (made.status() != 201) continue;
                left.decrementAndGet();
                if (api.delete("/v1/capsules/" + made.id()).status() == 204) left.decrementAndGet();
            } catch (UncheckedIOException e) {
                // Killed in between: whatever came of it is checked in the end.
                LockSupport.parkNanos(5_000_000);
            }
        }
    }

    private static void check() throws Exception {
        var rows = new HashMap<String, Integer>();
        query(
                "select action, status, resource_id from audit_logs where resource_type = 'sandbox'",
                values ->
                        rows.merge(
                                values.get(0) + " " + values.get(1) + " " + values.get(2),
                                1,
                                Integer::sum));
        Map<String, String> capsules = new HashMap<>();
        query(
                "select id::text, status, coalesce(cause, '') from capsules",
                values ->
                        capsules.put(
                                new CapsuleId(UUID.fromString(values.get(0))).toString(),
                                values.get(1) + " " + values.get(2)));
        var events = events();
        assertThat(capsules).hasSizeGreaterThan(CHANGES / 4);
        int destroyed = 0;
        for (var capsule : capsules.entrySet()) {
            var id = capsule.getKey();
            assertThat(rows.get("create success " + id)).as(id).isEqualTo(1);
            assertThat(events).contains("capsule.created " + id);
            boolean ended = capsule.getValue().equals("stopped destroyed by request");
            assertThat(rows.getOrDefault("destroy warning " + id, 0))
                    .as(id)
                    .isEqualTo(ended ? 1 : 0);
            if (ended) assertThat(events).contains("capsule.destroyed " + id);
            if (ended) destroyed++;
        }
        assertThat(destroyed).isPositive();
        long creates = rows.keySet().stream().filter(r -> r.startsWith("create success")).count();
        assertThat(creates).as("no row without a capsule").isEqualTo(capsules.size());
    }

    private static Set<String> events() {
        try (var client = RedisClient.create(REDIS.uri())) {
            var all = new HashSet<String>();
            for (var entry : client.xrange(RedisEventStream.STREAM, "-", "+", 1_000_000)) {
                var event = JsonMapper.shared().readTree(entry.getFields().get("payload"));
                all.add(event.path("event").asString() + " " + event.at("/resource/id").asString());
            }
            return all;
        }
    }

    private interface Row {
        void of(List<String> values);
    }

    private static void query(String sql, Row row) throws Exception {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var found = statement.executeQuery(sql)) {
            while (found.next())
                row.of(List.of(found.getString(1), found.getString(2), found.getString(3)));
        }
    }

    private static int count(String sql) {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var found = statement.executeQuery(sql)) {
            found.next();
            return found.getInt(1);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
