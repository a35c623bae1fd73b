package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// The host agent's file system is full. Injected: one file that reserves nearly all of its free
/// space. Only where that file system is the installation's own volume, not the machine's.
@ExtendWith(Shared.class)
class DiskFullVmTest {
    private static final long LEFT = 64L << 20;
    private static final Duration TOLD = Duration.ofSeconds(60);

    private final Installation wrenn;
    private final Api api;

    DiskFullVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void aFullDiskIsSaidInWordsAndHurtsNobodyElse() throws IOException {
        var host = wrenn.dataDir().resolve("host");
        assumeTrue(
                wrenn.footprint().mounts().contains(host.toString()),
                "the host's directory is no volume of its own here");
        var old = api.create();
        var fill = host.resolve("fill");
        long size = Files.getFileStore(host).getUsableSpace() - LEFT;
        Cli.system("fallocate", "-l", Long.toString(size), fill.toString());
        try {
            assertRefused(); // by the host itself, or it has told that it is full already
            Eventually.within(TOLD, () -> assertThat(api.get("/ready").status()).isEqualTo(503));
            assertRefused();
            assertThat(api.list()).containsExactly(old);
            assertThat(api.output(old, "echo alive >/root/file; cat /root/file"))
                    .isEqualTo("alive\n");
        } finally {
            Files.delete(fill);
            // Whatever comes next on this installation needs a host that takes capsules.
            Eventually.within(TOLD, () -> assertThat(api.get("/ready").status()).isEqualTo(200));
        }
        api.destroy(api.create());
        api.destroy(old);
    }

    private void assertRefused() {
        var reply = api.post("/v1/capsules", "{}");
        assertThat(reply.status()).as("%s", reply.json()).isIn(503, 507);
        assertThat(reply.text("error", "code")).isIn("insufficient_storage", "no_hosts_available");
        assertThat(reply.text("error", "message"))
                .containsPattern("(?i)disk|storage|space")
                .doesNotContain(wrenn.dataDir().toString()); // no internals
    }
}
