package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QemuCommandTest {
    @Test
    void theJailTakesEverythingAway() {
        assertThat(QemuCommand.jail(700_001, null))
                .containsSubsequence("unshare", "--net", "--mount", "setpriv", "--reuid", "700001")
                .contains("--clear-groups", "--no-new-privs", "--bounding-set=-all");
        assertThat(QemuCommand.jail(700_001, 107))
                .containsSubsequence("--groups", "107")
                .doesNotContain("--clear-groups");
    }

    @Test
    void onlyAnEmulatedGuestIsToldTheFrequency() {
        var emulated = String.join(" ", QemuCommand.probe("qemu", Accel.Kind.TCG, 2_600_000));
        assertThat(emulated).contains("tsc_early_khz=2600000 tsc=reliable").contains("-cpu max");
        var native_ = String.join(" ", QemuCommand.probe("qemu", Accel.Kind.KVM, 2_600_000));
        assertThat(native_).doesNotContain("tsc").contains("-accel kvm -cpu host");
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
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> VmmConfig.Mode.parse("xen"))
                .hasMessage("accel: xen (expected: auto, kvm or tcg)");
    }
}
