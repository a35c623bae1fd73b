package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.contracts.hostagent.v1.FlushSandboxMetricsResponse;
import dev.wrenn.control.hostlink.FakeMetrics;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a capsule took, while it runs and afterwards, as the API tells it.
class MetricsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final Duration SOON = Duration.ofSeconds(20);

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

    private static String path(String id, String range) {
        return "/v1/capsules/" + id + "/metrics" + (range.isEmpty() ? "" : "?range=" + range);
    }

    private static ApiProbe.Answer metrics(String id, String range) {
        return api.get(path(id, range));
    }

    private static int points(String id, String range) {
        return metrics(id, range).body().path("points").size();
    }

    private static boolean kept(String id) {
        try (var connection = POSTGRES.connect();
                var query =
                        connection.prepareStatement(
                                """
                                select 1 from capsule_metrics where capsule_id = ? and ask_at is null
                                """)) {
            query.setObject(1, dev.wrenn.common.model.CapsuleId.parse(id).value());
            return query.executeQuery().next();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /// Some minutes of a history that ended so long ago.
    private static FlushSandboxMetricsResponse history(Instant end, int minutes, double cpu) {
        var all = FlushSandboxMetricsResponse.newBuilder();
        for (int second = 60 * minutes; second >= 0; second -= 30) {
            var point = FakeMetrics.point(end.minusSeconds(second), cpu);
            all.addPoints10M(point).addPoints2H(point);
            if (second % 300 == 0) all.addPoints24H(point);
        }
        return all.build();
    }

    @Test
    void aRunningOneIsReadFromItsHostByRange() {
        var id = api.post("/v1/capsules", "{}").id();
        stack.agent.pauses().metrics.say(id, history(Instant.now(), 9, 40));
        var answer = metrics(id, "");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body().at("/sandbox_id").asString()).isEqualTo(id);
        assertThat(answer.body().at("/range").asString()).isEqualTo("10m");
        assertThat(answer.body().at("/points/0/cpu_pct").asDouble()).isEqualTo(40);
        assertThat(answer.body().at("/points/0/mem_bytes").asLong()).isEqualTo(128L << 20);
        assertThat(answer.body().at("/points/0/disk_bytes").asLong()).isEqualTo(5L << 20);
        for (var range : new String[] {"5m", "10m", "1h", "2h", "6h", "12h", "24h"})
            assertThat(points(id, range)).as(range).isPositive();
        assertThat(stack.agent.pauses().metrics.asked()).contains("12h " + id, "5m " + id);
        for (var bad : new String[] {"3m", "30d", "10M", "-1", "%00"})
            assertThat(metrics(id, bad).status()).as(bad).isEqualTo(400);
        api.delete("/v1/capsules/" + id);
    }

    @Test
    void whatWasBeforeAPauseStaysBesideWhatComesAfter() {
        var id = api.post("/v1/capsules", "{}").id();
        var metrics = stack.agent.pauses().metrics;
        metrics.say(id, history(Instant.now().minusSeconds(120), 5, 10));
        api.post("/v1/capsules/" + id + "/pause", null);
        assertThat(points(id, "10m")).as("at once").isEqualTo(11);
        assertThat(points(id, "5m")).as("ends when it was paused").isEqualTo(11);
        Stack.await(SOON, () -> kept(id));
        metrics.say(id, FlushSandboxMetricsResponse.getDefaultInstance()); // the host forgot
        assertThat(points(id, "10m")).isEqualTo(11);
        assertThat(points(id, "24h")).isEqualTo(2);
        assertThat(api.post("/v1/capsules/" + id + "/resume", null).status()).isEqualTo(200);
        metrics.say(id, history(Instant.now(), 1, 90));
        var both = metrics(id, "1h").body().path("points");
        assertThat(both.size()).isEqualTo(14);
        assertThat(both.get(0).path("cpu_pct").asDouble()).isEqualTo(10);
        assertThat(both.get(13).path("cpu_pct").asDouble()).isEqualTo(90);
        api.post("/v1/capsules/" + id + "/pause", null);
        Stack.await(SOON, () -> kept(id));
        assertThat(points(id, "1h")).as("the second stop keeps the first").isEqualTo(14);
        api.delete("/v1/capsules/" + id);
    }

    @Test
    void aDestroyedOneIsStillTold() {
        var id = api.post("/v1/capsules", "{}").id();
        stack.agent.pauses().metrics.say(id, history(Instant.now(), 3, 25));
        assertThat(api.delete("/v1/capsules/" + id).status()).isEqualTo(204);
        assertThat(points(id, "10m")).as("at once").isEqualTo(7);
        Stack.await(SOON, () -> kept(id));
        stack.agent.pauses().metrics.say(id, FlushSandboxMetricsResponse.getDefaultInstance());
        assertThat(points(id, "10m")).isEqualTo(7);
    }

    @Test
    void whoHasNothingSaysSo() {
        var unknown = dev.wrenn.common.model.CapsuleId.random().toString();
        assertThat(metrics(unknown, "").status()).isEqualTo(404);
        assertThat(api.get("/v1/capsules/cl-x/metrics").status()).isEqualTo(400);
        var foreign = Person.signUp(api, "Grace").api();
        var id = api.post("/v1/capsules", "{}").id();
        assertThat(foreign.get(path(id, "")).status()).isEqualTo(404);
        api.delete("/v1/capsules/" + id);
    }

    @Test
    void aHostThatIsAwayIsNamedAndWhatIsDueIsFetchedWhenItIsBack() {
        var id = api.post("/v1/capsules", "{}").id();
        stack.agent.pauses().metrics.say(id, history(Instant.now(), 3, 25));
        stack.agent.goAway();
        try {
            var answer = metrics(id, "");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.code()).isEqualTo("host_unavailable");
            api.delete("/v1/capsules/" + id);
            assertThat(metrics(id, "").status()).as("nothing is kept of it yet").isEqualTo(404);
        } finally {
            stack.agent.comeBack();
        }
        Stack.await(Duration.ofSeconds(50), () -> kept(id));
        assertThat(points(id, "10m")).isEqualTo(7);
    }
}
