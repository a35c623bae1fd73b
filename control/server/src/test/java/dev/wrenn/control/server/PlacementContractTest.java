package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.hostlink.FakeHostAgent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Which host a capsule goes to, with several fake hosts.
class PlacementContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(30);

    /// A host with room for so many capsules of 512 MiB.
    private record Machine(HostId id, FakeHostAgent agent) {}

    private final List<Machine> more = new ArrayList<>();
    private Stack stack;
    private Control control;
    private ApiProbe api;
    private ApiProbe admin;

    @BeforeEach
    void start() {
        stack = new Stack(POSTGRES, REDIS);
    }

    @AfterEach
    void stop() throws Exception {
        control.close();
        stack.close();
        for (var machine : more) machine.agent.close();
        sql("delete from capsules; delete from hosts;");
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }

    private static long number(String query) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement();
                var rows = s.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    /// Starts with the stack's host and `others`, each with room for `each` capsules.
    private void open(int others, int each) throws Exception {
        stack.agent.capacity(each * 512, 1000);
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
        sql(
                "insert into team_quotas (team_id, capsules, vcpus, memory_mb, disk_mb) values ('"
                        + stack.team.value()
                        + "', 10000, 100000, 100000000, 100000000)");
        for (int i = 0; i < others; i++) machine(each, "null");
        awaitReady(others + 1);
    }

    private Machine machine(int each, String team) throws Exception {
        var agent = FakeHostAgent.start();
        agent.capacity(each * 512, 1000);
        var machine = new Machine(HostId.random(), agent);
        more.add(machine);
        sql(
                "insert into hosts (id, address, type, team_id) values ('%s', '%s', '%s', %s)"
                        .formatted(
                                machine.id.value(),
                                agent.address(),
                                team.equals("null") ? "regular" : "byoc",
                                team));
        return machine;
    }

    private void awaitReady(int hosts) {
        Stack.await(
                SOON,
                () -> api.get("/metrics").text().contains("wrenn_hosts_ready " + hosts + ".0"));
    }

    private List<Integer> createAtOnce(int count) throws Exception {
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < count; i++) calls.add(() -> api.post("/v1/capsules", "{}").status());
        var statuses = new ArrayList<Integer>();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : pool.invokeAll(calls)) statuses.add(done.get());
        }
        return statuses;
    }

    @Test
    void howLongPlacingTakesIsToldToOperators() throws Exception {
        open(1, 2);
        assertThat(createAtOnce(5)).filteredOn(s -> s == 201).hasSize(4);
        assertThat(api.get("/metrics").text())
                .contains("wrenn_placement_seconds_count 5")
                .contains("wrenn_placement_seconds{quantile=\"0.99\"} 0.");
    }

    @Test
    void parallelCreatesNeverPromiseMoreThanThereIs() throws Exception {
        open(3, 25);
        var statuses = createAtOnce(200);
        assertThat(statuses.stream().filter(s -> s == 201).count()).isEqualTo(100);
        assertThat(statuses.stream().filter(s -> s == 503).count()).isEqualTo(100);
        assertThat(stack.agent.capsules()).hasSize(25);
        for (var machine : more) assertThat(machine.agent.capsules()).hasSize(25);
        assertThat(number("select count(*) from capsules where status = 'running'")).isEqualTo(100);
        assertThat(number("select count(*) from hosts where reserved_memory_mb = 25 * 512"))
                .isEqualTo(4);
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        var one = api.get("/v1/capsules").body().path(0).path("id").asString();
        assertThat(api.delete("/v1/capsules/" + one).status()).isEqualTo(204);
        assertThat(api.post("/v1/capsules", "{}").status()).as("room again").isEqualTo(201);
    }

    /// Two control planes do not see each other's choices.
    @Test
    void severalControlPlanesPromiseTheSameRoomOnce() throws Exception {
        open(1, 10);
        try (var other = stack.control()) {
            var second = stack.probe(other);
            Stack.await(
                    SOON, () -> second.get("/metrics").text().contains("wrenn_hosts_ready 2.0"));
            assertThat(api.get("/ready").status()).isEqualTo(200); // not by an idle connection
            var calls = new ArrayList<Callable<Integer>>();
            for (int i = 0; i < 40; i++) {
                var by = i % 2 == 0 ? api : second;
                calls.add(() -> by.post("/v1/capsules", "{}").status());
            }
            var good = 0;
            try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
                for (var done : pool.invokeAll(calls)) if (done.get() == 201) good++;
            }
            assertThat(good).isEqualTo(20);
            assertThat(number("select max(reserved_memory_mb) from hosts")).isEqualTo(5120);
        }
    }

    @Test
    void whatIsPausedTakesHalfAndWhatEndedNothing() throws Exception {
        open(0, 3);
        var id = api.post("/v1/capsules", "{}").id();
        assertThat(number("select reserved_memory_mb from hosts")).isEqualTo(512);
        assertThat(number("select reserved_vcpus from hosts")).isEqualTo(1);
        assertThat(api.post("/v1/capsules/" + id + "/pause", null).status()).isEqualTo(200);
        assertThat(number("select reserved_memory_mb from hosts")).isEqualTo(256);
        assertThat(number("select reserved_vcpus from hosts")).isZero();
        assertThat(api.post("/v1/capsules/" + id + "/resume", null).status()).isEqualTo(200);
        assertThat(number("select reserved_memory_mb from hosts")).isEqualTo(512);
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(number("select reserved_memory_mb from hosts")).isZero();
        assertThat(number("select reserved_disk_mb from hosts")).isZero();
    }

    @Test
    void whatOneHostRefusesIsTriedOnAnother() throws Exception {
        open(1, 10);
        stack.agent.failBoots(Code.UNAVAILABLE, "no memory left");
        for (int i = 0; i < 5; i++)
            assertThat(api.post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(stack.agent.creates()).as("was asked").isPositive();
        assertThat(stack.agent.capsules()).isEmpty();
        assertThat(more.getFirst().agent.capsules()).hasSize(5);
        assertThat(number("select count(*) from capsules where status = 'running'")).isEqualTo(5);
        more.getFirst().agent.failBoots(Code.UNAVAILABLE, "no memory left");
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
    }

    /// Nobody knows whether it has begun there: it must not begin elsewhere as well.
    @Test
    void whatGetsNoAnswerIsNotTriedOnAnother() throws Exception {
        open(1, 10);
        stack.agent.failBoots(Code.INTERNAL, "something broke");
        more.getFirst().agent.failBoots(Code.INTERNAL, "something broke");
        assertThat(api.post("/v1/capsules", "{}").status()).isEqualTo(502);
        assertThat(stack.agent.creates() + more.getFirst().agent.creates()).isEqualTo(1);
    }

    /// Fault: the agent of one of two hosts is gone, and nobody has noticed yet.
    @Test
    void whatCannotBeSentToAHostGoesToAnother() throws Exception {
        open(1, 10);
        stack.agent.goAway();
        // Until the end of the connections there has arrived, a request may be sent on one.
        Stack.await(SOON, () -> api.post("/v1/capsules", "{}").status() == 201);
        for (int i = 0; i < 5; i++)
            assertThat(api.post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(more.getFirst().agent.capsules()).hasSize(6);
        assertThat(number("select count(*) from capsules where status = 'running'")).isEqualTo(6);
    }

    @Test
    void aHostThatIsSetAsideGetsNothingNew() throws Exception {
        open(1, 10);
        var aside = stack.host.toString();
        assertThat(admin.post("/v1/hosts/" + aside + "/drain", null).status()).isEqualTo(200);
        for (int i = 0; i < 4; i++)
            assertThat(api.post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(stack.agent.capsules()).as("at once").isEmpty();
        assertThat(more.getFirst().agent.capsules()).hasSize(4);
        var other = more.getFirst().id.toString();
        assertThat(admin.post("/v1/hosts/" + other + "/drain", null).status()).isEqualTo(200);
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        assertThat(admin.delete("/v1/hosts/" + aside + "/drain").status()).isEqualTo(200);
        Stack.await(SOON, () -> api.post("/v1/capsules", "{}").status() == 201);
    }

    @Test
    void tagsChooseAmongHosts() throws Exception {
        open(2, 10);
        var tagged = more.getLast();
        admin.post("/v1/hosts/" + tagged.id + "/tags", "{\"tag\":\"gpu\"}");
        var body = "{\"host_tags\":[\"gpu\"]}";
        Stack.await(SOON, () -> api.post("/v1/capsules", body).status() == 201);
        for (int i = 0; i < 3; i++)
            assertThat(api.post("/v1/capsules", body).status()).isEqualTo(201);
        assertThat(tagged.agent.capsules()).hasSize(4);
        assertThat(api.post("/v1/capsules", "{\"host_tags\":[\"gpu\",\"x\"]}").code())
                .isEqualTo("no_hosts_available");
    }

    @Test
    void aTeamThatBringsHostsUsesTheseAndNobodyElseDoes() throws Exception {
        open(0, 2);
        var owner = Person.signUp(api, "Owner");
        var team = TeamId.parse(owner.team()).value();
        sql("update teams set is_byoc = true where id = '" + team + "'");
        var theirs = owner.api();
        assertThat(theirs.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        var machine = machine(10, "'" + team + "'");
        awaitReady(2);
        for (int i = 0; i < 3; i++)
            assertThat(theirs.post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(machine.agent.capsules()).hasSize(3);
        for (int i = 0; i < 2; i++)
            assertThat(api.post("/v1/capsules", "{}").status()).isEqualTo(201);
        assertThat(api.post("/v1/capsules", "{}").code()).isEqualTo("no_hosts_available");
        assertThat(machine.agent.capsules()).hasSize(3);
    }
}
