package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.time.LocalDate;
import java.time.ZoneOffset;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What a team ran and used, as the API tells it.
class StatisticsContractTest {
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

    @Test
    void whatRunsShowsAtOnceAndOnlyToItsTeam() {
        var ada = Person.signUp(api, "Ada").api();
        var nothing = ada.get("/v1/capsules/stats").body();
        assertThat(nothing.at("/range").asString()).isEqualTo("1h");
        assertThat(nothing.at("/series/labels").size()).isEqualTo(120);
        assertThat(nothing.at("/peaks/running_count").asInt()).isZero();
        var id = ada.post("/v1/capsules", "{\"memory_mb\":512}").id();
        var running = ada.get("/v1/sandboxes/stats?range=5m").body();
        assertThat(running.at("/current/running_count").asInt()).isEqualTo(1);
        assertThat(running.at("/current/memory_mb_reserved").asInt()).isEqualTo(512);
        assertThat(running.at("/series/running").size()).isEqualTo(100);
        assertThat(running.at("/series/running/99").asInt()).isEqualTo(1);
        assertThat(ada.post("/v1/capsules/" + id + "/pause", null).status()).isEqualTo(200);
        var paused = ada.get("/v1/capsules/stats?range=30d").body();
        assertThat(paused.at("/current/running_count").asInt()).isZero();
        assertThat(paused.at("/current/memory_mb_reserved").asInt()).isEqualTo(256);
        assertThat(paused.at("/peaks/vcpus").asInt()).isEqualTo(1);
        var foreign = Person.signUp(api, "Grace").api().get("/v1/capsules/stats").body();
        assertThat(foreign.at("/peaks/running_count").asInt()).isZero();
    }

    @Test
    void usageIsByDaysAndWithinBounds() {
        var ada = Person.signUp(api, "Ada").api();
        ada.post("/v1/capsules", "{}");
        var today = LocalDate.now(ZoneOffset.UTC);
        var usage = ada.get("/v1/capsules/usage").body();
        assertThat(usage.at("/points").size()).isEqualTo(30);
        var path = "/v1/capsules/usage?from=" + today.minusDays(91) + "&to=" + today;
        assertThat(ada.get(path).body().at("/points").size()).isEqualTo(92);
        for (var bad :
                new String[] {
                    "from=" + today.minusDays(92) + "&to=" + today,
                    "from=" + today + "&to=" + today.minusDays(1),
                    "from=yesterday",
                    "to=2026-02-30",
                    "to=%2B999999999-12-31"
                }) assertThat(ada.get("/v1/capsules/usage?" + bad).status()).as(bad).isEqualTo(400);
        assertThat(ada.get("/v1/capsules/stats?range=2h").status()).isEqualTo(400);
        assertThat(ada.get("/v1/capsules/statistics").status()).isEqualTo(400);
    }
}
