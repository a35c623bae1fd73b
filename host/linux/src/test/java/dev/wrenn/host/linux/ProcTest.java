package dev.wrenn.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProcTest {
    private static final String REST =
            " S 1 2 3 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 5 0 98765 1000000 2048 rest";

    @Test
    void readsAProcess() {
        var stat = ProcStat.parse("42 (qemu)" + REST);
        assertThat(stat)
                .isEqualTo(
                        new ProcStat(
                                42, "qemu", 'S', 1, 98765, Duration.ofSeconds(3), 2048 * 4096L));
    }

    @Test
    void aNameMayContainAnything() {
        assertThat(ProcStat.parse("7 (a) S 1 (b)) c)" + REST).comm()).isEqualTo("a) S 1 (b)) c");
        assertThat(ProcStat.parse("7 ()" + REST).startTicks()).isEqualTo(98765);
    }

    @Test
    void readsAMountWithSpacesInItsPlace() {
        var line = "70 36 7:0 / /a\\040b/c rw,noatime shared:5 master:1 - xfs /dev/loop0 rw,attr2";
        assertThat(Mounts.parse(line))
                .isEqualTo(new Mounts.Mount(Path.of("/a b/c"), "xfs", "/dev/loop0"));
    }

    @Test
    void readsTheFrequencyFromTheKernelLog() {
        assertThat(TscFrequency.parse("6,1,52,-;tsc: Detected 2793.596 MHz processor"))
                .hasValue(2793596);
        assertThat(
                        TscFrequency.parse(
                                "6,300,1,-;tsc: Refined TSC clocksource calibration: 2793.437 MHz"))
                .hasValue(2793437);
        assertThat(TscFrequency.parse("6,1,52,-;clocksource: tsc: mask")).isEmpty();
    }
}
