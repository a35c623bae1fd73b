package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Any part dies by `kill -9` at any moment while a capsule is paused, resumed and saved; so does
/// the VMM under it. `-Dwrenn.test.kills=60` makes it a long run.
@ExtendWith(Shared.class)
class KillsVmTest {
    private static final int KILLS = Integer.getInteger("wrenn.test.kills", 8);
    private static final String VMM = "vmm";
    private static final List<String> PARTS = List.of("agent", "pager", "control", VMM);
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
        int expected = 0;
        mark(id, expected);
        for (int round = 1; round <= KILLS; round++) {
            var part = PARTS.get(random.nextInt(PARTS.size()));
            var call = random.nextBoolean() ? "pause" : "snapshot";
            var victim = victim(part, id);
            try (var client = Executors.newVirtualThreadPerTaskExecutor()) {
                var capsule = id;
                client.submit(() -> ask(capsule, call)); // answered or cut off
                LockSupport.parkNanos(random.nextInt(MOST_DELAY_MS) * 1_000_000L);
                victim.kill();
            }
            var what = "seed " + seed + ", round " + round + ": " + part + " killed at " + call;
            var marker = Integer.toString(expected);
            if (!foundWith(id, marker, what)) {
                // Its memory died with its VMM, before there was an image.
                assertThat(part).as(what).isEqualTo(VMM);
                api.destroy(id);
                id = Eventually.within(TRUTH, () -> api.create());
            }
            expected = round;
            mark(id, expected); // acknowledged: must be there in every later round
        }
        var last = id;
        api.destroy(last);
        for (var template : api.get("/v1/snapshots?type=snapshot").expect(200).json())
            api.delete("/v1/snapshots/" + template.path("name").asString()).expect(204);
        Eventually.within(
                TRUTH,
                () ->
                        assertThat(wrenn.footprint().files())
                                .noneMatch(file -> file.matches("images/teams/(?!0{25})[^/]+/.*"))
                                .noneMatch(file -> file.contains(last)));
    }

    /// A living process: one that was killed in an earlier round has to be back first.
    private Proc victim(String part, String capsule) {
        return Eventually.within(
                TRUTH,
                () -> {
                    var process = part.equals(VMM) ? wrenn.vmm(capsule) : wrenn.part(part);
                    assertThat(process.alive()).as("%s runs", part).isTrue();
                    return process;
                });
    }

    /// @return false when the capsule has stopped and says so
    private boolean foundWith(String id, String marker, String what) {
        return Eventually.within(
                TRUTH,
                () -> {
                    var status = api.status(id);
                    if (status.equals("stopped")) return false;
                    if (status.equals("paused")) ask(id, "resume");
                    assertThat(api.output(id, "cat /dev/shm/marker").strip())
                            .as(what)
                            .isEqualTo(marker);
                    return true;
                });
    }

    private void mark(String id, int value) {
        Eventually.within(TRUTH, () -> api.output(id, "echo " + value + " >/dev/shm/marker"));
    }

    private Api.Reply ask(String id, String what) {
        return what.equals("snapshot")
                ? api.post("/v1/snapshots", "{\"sandbox_id\":\"" + id + "\"}")
                : api.post("/v1/capsules/" + id + "/" + what, "");
    }
}
