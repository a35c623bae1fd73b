package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Hosts that fall silent and come back, with short clocks.
class HostLossContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(30);

    private Stack stack;
    private Control control;
    private ApiProbe api;
    private ApiProbe admin;

    @BeforeEach
    void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        stack.fleet =
                new FleetSettings(
                        Duration.ofSeconds(3),
                        Duration.ofMillis(20),
                        Duration.ofDays(7),
                        FleetSettings.Strategy.ROOMIEST);
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        stack.close();
        sql("delete from capsules; delete from hosts;");
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }

    private String create() {
        var made = api.post("/v1/capsules", "{}");
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        return made.id();
    }

    private String status(String id) {
        return api.get("/v1/capsules/" + id).body().path("status").asString();
    }

    private void awaitHost(String id, String status) {
        Stack.await(
                SOON,
                () -> admin.get("/v1/hosts/" + id).body().path("status").asString().equals(status));
    }

    private List<String> trail() {
        var all = new ArrayList<String>();
        var page = admin.get("/v1/admin/audit-logs?resource_type=host&limit=200").body();
        for (var entry : page.path("items"))
            if (entry.path("resource_id").asString().equals(stack.host.toString()))
                all.addFirst(
                        entry.path("action").asString() + " " + entry.path("status").asString());
        return all;
    }

    @Test
    void whatRunsOnASilentHostIsMissingAndComesBackAsWhatItIs() throws Exception {
        var running = create();
        var dies = create();
        var vanishes = create();
        var idles = create();
        var paused = create();
        assertThat(api.post("/v1/capsules/" + paused + "/pause", null).status()).isEqualTo(200);
        long version = version(running);
        stack.agent.goAway();
        for (var id : List.of(running, dies, vanishes, idles)) api.awaitStatus(id, "missing", SOON);
        awaitHost(stack.host.toString(), "unreachable");
        assertThat(status(paused)).isEqualTo("paused");
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        assertThat(api.post("/v1/capsules/" + running + "/exec", "{\"cmd\":\"true\"}").status())
                .isEqualTo(409);
        stack.agent.die(dies, "it fell over");
        stack.agent.forget(vanishes);
        stack.agent.pauses().idle(idles);
        stack.agent.comeBack();
        api.awaitStatus(running, "running", SOON);
        api.awaitStatus(dies, "stopped", SOON);
        api.awaitStatus(vanishes, "stopped", SOON);
        api.awaitStatus(idles, "paused", SOON);
        assertThat(status(paused)).isEqualTo("paused");
        awaitHost(stack.host.toString(), "online");
        assertThat(trail()).containsExactly("marked_down error", "marked_up success");
        assertThat(version(running)).as("missing and back, once").isEqualTo(version + 2);
    }

    private static long version(String id) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.prepareStatement("select version from capsules where id = ?")) {
            s.setObject(1, CapsuleId.parse(id).value());
            try (var rows = s.executeQuery()) {
                assertThat(rows.next()).isTrue();
                return rows.getLong(1);
            }
        }
    }

    @Test
    void aMissingCapsuleThatWasDestroyedIsEndedWhenItsHostIsBack() {
        var id = create();
        stack.agent.goAway();
        api.awaitStatus(id, "missing", SOON);
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(status(id)).isEqualTo("stopped");
        stack.agent.comeBack();
        Stack.await(SOON, () -> stack.agent.capsules().isEmpty());
        assertThat(status(id)).isEqualTo("stopped");
    }

    /// One leads, and the other takes over when it ends.
    @Test
    void ofSeveralControlPlanesOneMarksAHost() throws Exception {
        try (var other = stack.control()) {
            create();
            stack.agent.goAway();
            awaitHost(stack.host.toString(), "unreachable");
            stack.agent.comeBack();
            awaitHost(stack.host.toString(), "online");
            control.close();
            api = stack.probe(other);
            admin = api.signIn(stack.email, Stack.PASSWORD);
            stack.agent.goAway();
            awaitHost(stack.host.toString(), "unreachable");
            assertThat(trail())
                    .containsExactly("marked_down error", "marked_up success", "marked_down error");
        }
    }

    /// Nobody reaches the agent, but the agent reaches us.
    @Test
    void heartbeatsAloneKeepAHostFromBeingUnreachable() throws Exception {
        var made = admin.post("/v1/hosts", "{\"type\":\"regular\"}");
        var host = RegisteredHost.register(api, made, "127.0.0.1:1");
        long end = System.nanoTime() + Duration.ofSeconds(6).toNanos();
        while (System.nanoTime() < end) {
            assertThat(host.heartbeat().status()).isEqualTo(204);
            assertThat(admin.get("/v1/hosts/" + host.id()).body().path("status").asString())
                    .isEqualTo("online");
        }
        awaitHost(host.id(), "unreachable");
        assertThat(host.heartbeat().status()).isEqualTo(204);
        awaitHost(host.id(), "online");
    }

    /// Nobody was there to hear the hosts for longer than they may be silent.
    @Test
    void controlPlanesThatWereAwayDoNotBlameTheHosts() throws Exception {
        var id = create();
        control.close();
        sql("update hosts set last_heard_at = now() - interval '1 h'");
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
        assertThat(status(id)).isEqualTo("running");
        Stack.await(SOON, () -> heardLately());
        assertThat(status(id)).isEqualTo("running");
        assertThat(trail()).isEmpty();
    }

    private static boolean heardLately() {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement();
                var rows =
                        s.executeQuery(
                                "select last_heard_at > now() - interval '3 s' from hosts")) {
            return rows.next() && rows.getBoolean(1);
        } catch (java.sql.SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void anOrderToAHostThatFallsSilentEndsInTheTruth() throws Exception {
        stack.agent.holdBoots();
        var made = api.post("/v1/capsules", "{}"); // still pending after 4 s
        assertThat(made.body().path("status").asString()).isEqualTo("pending");
        stack.agent.goAway();
        Stack.await(SOON, () -> !status(made.id()).equals("pending"));
        assertThat(status(made.id())).isIn("missing", "error");
        stack.agent.releaseBoots();
        stack.agent.comeBack();
        Stack.await(SOON, () -> List.of("running", "error").contains(status(made.id())));
        boolean runs = status(made.id()).equals("running");
        Stack.await(SOON, () -> stack.agent.capsules().containsKey(made.id()) == runs);
    }
}
