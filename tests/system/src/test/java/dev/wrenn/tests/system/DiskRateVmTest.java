package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// How fast a capsule may use its disk, on a host with a low limit.
class DiskRateVmTest {
    private static final int RATE = 16; // MiB a second; four times as much at once
    private static final int WRITTEN = 192; // MiB: 64 at once, then 8 s; an unlimited guest: 1 s
    private static final Duration LEAST = Duration.ofSeconds(7);

    @Test
    void aDiskIsNoFasterThanItsRateBeforeAndAfterAPause() {
        try (var wrenn = Installation.create(Map.of("WRENN_DISK_MIB_S", Integer.toString(RATE)))) {
            wrenn.up(Installation.FIRST_UP);
            var api = wrenn.api();
            var id = api.create();
            assertThat(write(api, id)).isGreaterThan(LEAST);
            assertThat(api.post("/v1/capsules/" + id + "/pause", "").status()).isEqualTo(200);
            api.post("/v1/capsules/" + id + "/resume", "").expect(200);
            api.awaitStatus(id, "running", Duration.ofSeconds(30));
            assertThat(write(api, id)).isGreaterThan(LEAST);
            api.destroy(id);
        }
    }

    private static Duration write(Api api, String id) {
        long start = System.nanoTime();
        api.output(id, "dd if=/dev/zero of=/big bs=1M count=" + WRITTEN + " oflag=direct 2>&1");
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
