package dev.wrenn.host.vmm;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;

class QemuCommandTest {
    private static final DiskRate RATE = new DiskRate(256 << 20, 10_000);

    @Test
    void theJailShowsLittleAndGivesNoRoot(@TempDir Path dir) throws Exception {
        var program = Files.createFile(dir.resolve("qemu"));
        var launcher = Files.createFile(dir.resolve("vmjail"));
        var config =
                new VmmConfig(
                        VmmConfig.Mode.TCG,
                        program.toString(),
                        launcher,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(1));
        assertThatThrownBy(() -> Jail.of(config))
                .isInstanceOf(VmmException.class)
                .hasMessageContaining(launcher + " is missing");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        var jail = Jail.of(config);
        var argv = jail.around(700_001, Accel.Kind.TCG, List.of(jail.program(), "-S"));
        assertThat(argv)
                .startsWith(launcher.toString(), "--uid", "700001")
                .containsSequence("--show", program.toRealPath().toString())
                .containsSequence("--device", "/dev/urandom", "--", program.toRealPath() + "", "-S")
                .doesNotContain("--group", "/dev/kvm")
                .doesNotContain("/", "/usr", "/etc", "/home", "/root", "/var", "/proc", "/sys");
        assertThat(jail.around(700_001, Accel.Kind.KVM, List.of())).contains("/dev/kvm");
    }

    @Test
    void onlyAnEmulatedGuestIsToldTheFrequency() {
        var emulated = String.join(" ", QemuCommand.probe("qemu", Accel.Kind.TCG, 2_600_000));
        assertThat(emulated)
                .contains("tsc_early_khz=2600000 tsc=reliable")
                .contains("-cpu max,erms=off,fsrm=off");
        var native_ = String.join(" ", QemuCommand.probe("qemu", Accel.Kind.KVM, 2_600_000));
        assertThat(native_).doesNotContain("tsc").contains("-accel kvm -cpu host");
    }

    @Test
    void aRestoreHasTheDevicesOfTheBootAndNothingToBoot() {
        var spec =
                new VmSpec(
                        CapsuleId.random(),
                        2,
                        MemorySize.ofMib(512),
                        Path.of("kernel"),
                        Path.of("initramfs"),
                        "more",
                        Path.of("disk"),
                        null, // not looked at: descriptors have fixed numbers
                        "02:fc:00:00:00:05",
                        700_001,
                        Path.of("work"));
        var boot = QemuCommand.capsule("qemu", Accel.Kind.TCG, 2_600_000, spec, RATE);
        var restore = QemuCommand.restored("qemu", Accel.Kind.TCG, spec, RATE);
        assertThat(restore)
                .doesNotContain("-kernel", "-initrd", "-append")
                .containsSubsequence("-S", "-incoming", "defer");
        int devices = boot.indexOf("-name");
        assertThat(restore)
                .containsSubsequence(boot.subList(0, boot.indexOf("-kernel")))
                .containsSequence(boot.subList(devices, boot.size()));
    }

    @Test
    void aDiskIsHeldToItsRateWithABurst() {
        assertThat(RATE.qemuOptions())
                .isEqualTo(
                        ",throttling.bps-total=268435456,throttling.bps-total-max=1073741824"
                                + ",throttling.iops-total=10000,throttling.iops-total-max=40000");
        assertThat(DiskRate.UNLIMITED.qemuOptions()).isEmpty();
        assertThatThrownBy(() -> new DiskRate(0, 99)).hasMessageContaining("at least 100");
        assertThatThrownBy(() -> new DiskRate(-1, 0)).hasMessageContaining("bytes");
    }

    @Test
    void onlyAReportOfWholePagesIsBelieved() {
        var good = "{\"base_host_virt_addr\":140120000000000,\"size\":8192,\"tracking\":true}\n";
        assertThat(RamReport.parse(good.getBytes(UTF_8)))
                .isEqualTo(new GuestRam(140_120_000_000_000L, 8192, true));
        for (var bad :
                List.of(
                        good.substring(0, 40),
                        good.replace("8192", "8191"),
                        good.replace("8192", "-8192"),
                        good.replace("8192", "\"8192\""),
                        good.replace("140120000000000", "0"),
                        good.replace("140120000000000", "99999999999999999999"),
                        good.replace("true", "1"),
                        "[]"))
            assertThatThrownBy(() -> RamReport.parse(bad.getBytes(UTF_8)))
                    .as(bad)
                    .isInstanceOfAny(JacksonException.class, IllegalArgumentException.class);
    }

    @Test
    void theTailIsBounded() {
        var tail = new Tail(5);
        assertThat(tail.append("abc")).isEqualTo("abc");
        assertThat(tail.append("defg")).isEqualTo("cdefg");
        assertThat(tail.append("")).isEqualTo("cdefg");
    }

    @Test
    void modesAreReadStrictly() {
        assertThat(VmmConfig.Mode.parse("auto")).isEqualTo(VmmConfig.Mode.AUTO);
        assertThatThrownBy(() -> VmmConfig.Mode.parse("xen"))
                .hasMessage("accel: xen (expected: auto, kvm or tcg)");
    }
}
