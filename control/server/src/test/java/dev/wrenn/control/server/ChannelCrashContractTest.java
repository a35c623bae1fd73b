package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.wrenn.common.datastores.RedisServer;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Fault: one of two control planes is killed (SIGKILL) again and again while they tell channels,
/// of which some hang and some fail; Redis is restarted twice and loses what it held. At full size
/// with `-Dwrenn.crash.events=10000`.
class ChannelCrashContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int EVENTS = Integer.getInteger("wrenn.crash.events", 180);
    private static final int PER_SECOND = Integer.getInteger("wrenn.crash.rate", 6);
    private static final int LIVE = 15;
    private static final int FAIL = 2;
    private static final int HANG = 3;
    private static final int KILLS = 5;
    private static final int RESOURCES = 10;
    private static final String PASSWORD = "test";

    /// Less than the lease of a dead control plane's deliveries, with which a small run would show
    /// as late what a kill held up.
    private static final Duration MOST_LATE =
            EVENTS >= 10_000 ? Duration.ofSeconds(2) : Duration.ofSeconds(10);

    private final Map<String, List<String>> got = new ConcurrentHashMap<>();
    private final Map<String, Long> committed = new ConcurrentHashMap<>(); // nanoTime by number
    private final List<Long> late = Collections.synchronizedList(new ArrayList<>()); // ns
    private RedisServer redis;
    private final List<Process> planes = new ArrayList<>();

    private Process child(Stack stack) throws Exception {
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
        builder.environment().put("TEST_REDIS", redis.uri().toString());
        builder.environment().put("TEST_BOOTSTRAP", stack.bootstrap.toString());
        return builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    /// @return the port it answers at
    private int startPlane(Stack stack) throws Exception {
        var child = child(stack);
        planes.add(child);
        int port = Integer.parseInt(child.inputReader().readLine().strip());
        Stack.awaitReady(port);
        return port;
    }

    private void killOldest() throws InterruptedException {
        planes.removeFirst().destroyForcibly().waitFor(); // SIGKILL
    }

    private HttpServer receiver() throws Exception {
        var server =
                HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    var text =
                            new String(
                                    exchange.getRequestBody().readAllBytes(),
                                    StandardCharsets.UTF_8);
                    var path = exchange.getRequestURI().getPath();
                    if (!path.startsWith("/fails")) hear(path, text);
                    exchange.sendResponseHeaders(path.startsWith("/fails") ? 500 : 204, -1);
                    exchange.close();
                });
        server.start();
        return server;
    }

    private void hear(String channel, String body) {
        var json = JsonMapper.shared().readTree(body);
        var number = json.at("/actor/name").asString();
        late.add(System.nanoTime() - committed.get(number));
        got.computeIfAbsent(channel, _ -> Collections.synchronizedList(new ArrayList<>()))
                .add(json.at("/resource/id").asString() + " " + number);
    }

    private RedisServer startRedis(Path dir, int port) {
        return RedisServer.start(
                new RedisServer.Config(
                        dir.resolve("data"), dir.resolve("log"), port, PASSWORD, false));
    }

    @Test
    void everyLiveChannelHearsOfEveryEventInOrder(@TempDir Path dir) throws Exception {
        redis = startRedis(dir, 0);
        var server = receiver();
        try (var silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
                var stack = new Stack(POSTGRES, REDIS)) {
            int port = server.getAddress().getPort();
            var urls = new ArrayList<String>();
            for (int i = 0; i < LIVE; i++) urls.add("http://localhost:" + port + "/live" + i);
            for (int i = 0; i < FAIL; i++) urls.add("http://localhost:" + port + "/fails" + i);
            for (int i = 0; i < HANG; i++)
                urls.add("http://localhost:" + silent.getLocalPort() + "/hangs" + i);
            make(stack, startPlane(stack), urls);
            startPlane(stack);
            for (int part = 0; part <= KILLS; part++) {
                if (part > 0) {
                    killOldest();
                    if (part % 2 == 0) restartRedis(dir);
                }
                happen(
                        EVENTS * part / (KILLS + 1),
                        EVENTS * (part + 1) / (KILLS + 1),
                        () -> {
                            if (planes.size() < 2) startPlane(stack);
                        });
            }
            for (int i = 0; i < LIVE; i++) {
                int channel = i;
                Stack.await(Duration.ofMinutes(2), () -> heard(channel).size() >= EVENTS);
            }
        } finally {
            while (!planes.isEmpty()) killOldest();
            server.stop(0);
            redis.close();
        }
        for (int i = 0; i < LIVE; i++) check(i);
        late.sort(null);
        var p99 = Duration.ofNanos(late.get(late.size() * 99 / 100));
        assertThat(p99).isLessThan(MOST_LATE);
    }

    private void restartRedis(Path dir) {
        int port = redis.port();
        redis.close();
        redis = startRedis(dir, port);
    }

    private Set<String> heard(int channel) {
        var all = got.getOrDefault("/live" + channel, List.of());
        synchronized (all) {
            return new LinkedHashSet<>(all);
        }
    }

    private static void make(Stack stack, int port, List<String> urls) {
        var owner = new ApiProbe(port, "").signIn(stack.email, Stack.PASSWORD);
        for (int i = 0; i < urls.size(); i++) {
            var body =
                    """
                    {"name":"c%d","provider":"webhook","config":{"url":"%s"},
                     "events":["capsule.created"]}\
                    """
                            .formatted(i, urls.get(i));
            var made = owner.post("/v1/channels", body);
            assertThat(made.status()).as(made.text()).isEqualTo(201);
        }
    }

    private interface Step {
        void run() throws Exception;
    }

    /// Events with numbers, as changes of capsules would commit them, at a steady rate.
    ///
    /// @param beside what is done meanwhile
    private void happen(int from, int to, Step beside) throws Exception {
        long start = System.nanoTime();
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var done =
                    pool.submit(() -> {
                        beside.run();
                        return true;
                    });
            for (int i = from; i < to; i++) {
                long due = start + (i - from) * 1_000_000_000L / PER_SECOND;
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime())
                    LockSupport.parkNanos(left);
                committed.put(Integer.toString(i), System.nanoTime());
                statement.execute(
                        """
                        with row as (
                            insert into audit_logs (id, team_id, actor_type, actor_name,
                                resource_type, resource_id, action, scope, status)
                            select gen_random_uuid(), team_id, 'user', '%d', 'sandbox', 'cl-%d',
                                   'create', 'team', 'success'
                              from channels limit 1
                            returning id)
                        insert into audit_outbox (audit_id, event)
                        select id, 'capsule.created' from row
                        """
                                .formatted(i, i % RESOURCES));
            }
            done.get();
        }
    }

    /// Each at least once; and, not counting what is told again, in order for each resource.
    private void check(int channel) {
        var all = heard(channel);
        assertThat(all).as("channel %d", channel).hasSize(EVENTS);
        var latest = new HashMap<String, Integer>();
        for (var one : all) {
            var parts = one.split(" ");
            int number = Integer.parseInt(parts[1]);
            var before = latest.put(parts[0], number);
            assertThat(before == null || before < number)
                    .as("channel %d: %s after %s", channel, one, before)
                    .isTrue();
        }
    }
}
