package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Any part dies by `kill -9` at any moment while a capsule is paused, resumed and saved.
/// `-Dwrenn.test.kills=60` makes it a long run.
@ExtendWith(Shared.class)
class KillsVmTest {
    private static final int KILLS = Integer.getInteger("wrenn.test.kills", 8);
    private static final List<String> PARTS = List.of("agent", "pager", "control");
    private static final Duration TRUTH = Duration.ofSeconds(60);
    private static final int MOST_DELAY_MS = 400;

    private final Installation wrenn;
    private final Api api;

    KillsVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void noAcknowledgedStateIsLost() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var id = api.create();
        api.output(id, "echo 0 >/dev/shm/marker");
        for (int round = 1; round <= KILLS; round++) {
            var part = PARTS.get(random.nextInt(PARTS.size()));
            var call = random.nextBoolean() ? "pause" : "snapshot";
            try (var client = Executors.newVirtualThreadPerTaskExecutor()) {
                client.submit(() -> ask(id, call)); // answered or cut off
                LockSupport.parkNanos(random.nextInt(MOST_DELAY_MS) * 1_000_000L);
                wrenn.part(part).kill();
            }
            int expected = round - 1;
            Eventually.within(
                    TRUTH,
                    () -> {
                        if (api.status(id).equals("paused")) ask(id, "resume");
                        assertThat(api.output(id, "cat /dev/shm/marker").strip())
                                .as("seed %d, %s killed during %s", seed, part, call)
                                .isEqualTo(Integer.toString(expected));
                    });
            // acknowledged: must be there in every later round
            int next = round;
            Eventually.within(TRUTH, () -> api.output(id, "echo " + next + " >/dev/shm/marker"));
        }
        api.destroy(id);
        for (var template : api.get("/v1/snapshots?type=snapshot").expect(200).json())
            api.delete("/v1/snapshots/" + template.path("name").asString()).expect(204);
        Eventually.within(
                TRUTH,
                () ->
                        assertThat(wrenn.footprint().files())
                                .noneMatch(file -> file.matches("images/teams/[^/]+/.*"))
                                .noneMatch(file -> file.contains(id)));
    }

    private Api.Reply ask(String id, String what) {
        return what.equals("snapshot")
                ? api.post("/v1/snapshots", "{\"sandbox_id\":\"" + id + "\"}")
                : api.post("/v1/capsules/" + id + "/" + what, "");
    }
}
