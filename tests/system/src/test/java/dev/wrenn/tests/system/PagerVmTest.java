package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Capsules whose memory comes page by page from the pager, in an installation where all do.
class PagerVmTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void pagesAreServedAlsoByALaterPager() {
        try (var wrenn = Installation.create(Map.of("WRENN_RESTORE", "pager"))) {
            wrenn.up(Installation.FIRST_UP);
            var api = wrenn.api();
            api.destroy(api.create()); // leaves the warm image
            var id = api.create();
            api.output(
                    id,
                    "head -c 20000000 /dev/urandom >/dev/shm/a; sha256sum /dev/shm/a >/dev/shm/sum");
            for (int life = 0; life < 2; life++) {
                assertThat(api.post("/v1/capsules/" + id + "/pause", "").status()).isEqualTo(200);
                api.post("/v1/capsules/" + id + "/resume", "").expect(200);
                api.awaitStatus(id, "running", SOON);
                // fault: whoever served the pages so far is gone
                wrenn.part("pager").kill();
                Eventually.within(
                        SOON,
                        () ->
                                assertThat(api.output(id, "sha256sum -c /dev/shm/sum"))
                                        .isEqualTo("/dev/shm/a: OK\n"));
            }
            api.destroy(id);
        }
    }
}
