package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/// Fault: the control plane is killed (SIGKILL) again and again while it tells channels, of which
/// some hang and some fail; what Redis held is lost each time. How much by `-Dwrenn.crash.events`.
class ChannelCrashContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int EVENTS = Integer.getInteger("wrenn.crash.events", 300);
    private static final int LIVE = 5;
    private static final int KILLS = 3;
    private static final int RESOURCES = 10;

    private final Map<String, List<String>> got = new ConcurrentHashMap<>();

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
                    if (!path.startsWith("/fails")) {
                        var json = JsonMapper.shared().readTree(text);
                        got.computeIfAbsent(path, _ -> new CopyOnWriteArrayList<>())
                                .add(
                                        json.at("/resource/id").asString()
                                                + " "
                                                + json.at("/actor/name").asString());
                    }
                    exchange.sendResponseHeaders(path.startsWith("/fails") ? 500 : 204, -1);
                    exchange.close();
                });
        server.start();
        return server;
    }

    @Test
    void everyLiveChannelHearsOfEveryEventInOrder() throws Exception {
        var server = receiver();
        try (var silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
                var stack = new Stack(POSTGRES, REDIS)) {
            var urls = new ArrayList<String>();
            int port = server.getAddress().getPort();
            for (int i = 0; i < LIVE; i++) urls.add("http://localhost:" + port + "/live" + i);
            for (int i = 0; i < 2; i++) urls.add("http://localhost:" + port + "/fails" + i);
            for (int i = 0; i < 2; i++)
                urls.add("http://localhost:" + silent.getLocalPort() + "/hangs" + i);
            for (int life = 0; life <= KILLS; life++) {
                var child = child(stack);
                try (var lines = child.inputReader()) {
                    int api = Integer.parseInt(lines.readLine().strip());
                    Stack.awaitReady(api);
                    if (life == 0) make(stack, api, urls);
                    int first = EVENTS * life / (KILLS + 1);
                    int next = EVENTS * (life + 1) / (KILLS + 1);
                    happen(stack, first, next);
                    boolean last = life == KILLS;
                    // Killed in the middle of it, and in the end once everything is told.
                    int enough = last ? EVENTS : first + (next - first) / 2;
                    Stack.await(Duration.ofMinutes(2), () -> heard(0).size() >= enough);
                    if (last)
                        for (int i = 1; i < LIVE; i++) {
                            int channel = i;
                            Stack.await(
                                    Duration.ofMinutes(2), () -> heard(channel).size() >= EVENTS);
                        }
                } finally {
                    child.destroyForcibly().waitFor(); // SIGKILL
                    REDIS.flush();
                }
            }
        } finally {
            server.stop(0);
        }
        for (int i = 0; i < LIVE; i++) check(i);
    }

    private Set<String> heard(int channel) {
        return new LinkedHashSet<>(got.getOrDefault("/live" + channel, List.of()));
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

    /// Events with numbers, as changes of capsules would commit them.
    private static void happen(Stack stack, int from, int to) throws Exception {
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            for (int i = from; i < to; i++)
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
