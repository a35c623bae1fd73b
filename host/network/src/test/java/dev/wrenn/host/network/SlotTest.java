package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SlotTest {
    @Test
    void addressesFollowFromTheIndex() {
        check(1, "10.11.0.1", "10.12.0.2", "10.12.0.3");
        check(128, "10.11.0.128", "10.12.1.0", "10.12.1.1");
        check(300, "10.11.1.44", "10.12.2.88", "10.12.2.89");
        check(32767, "10.11.127.255", "10.12.255.254", "10.12.255.255");
    }

    private static void check(int index, String host, String outer, String inner) {
        var slot = new Slot(index);
        assertThat(slot.hostIp().getHostAddress()).isEqualTo(host);
        assertThat(slot.outerIp().getHostAddress()).isEqualTo(outer);
        assertThat(slot.innerIp().getHostAddress()).isEqualTo(inner);
    }

    @Test
    void namesFitTheKernel() {
        var slot = new Slot(Slot.LAST);
        assertThat(slot.hostVeth()).isEqualTo("wrenn-veth32767").hasSizeLessThan(16);
        assertThat(new Slot(9999).hostVeth()).isEqualTo("wrenn-veth-9999").hasSizeLessThan(16);
        assertThat(slot.namespace()).isEqualTo("wrenn-ns-32767");
        assertThat(slot.vmmUid()).isEqualTo(732_767);
        assertThat(slot.guestIp().getHostAddress()).isEqualTo("169.254.0.21");
    }

    @Test
    void anIndexOutOfRangeIsSaid() {
        assertThatThrownBy(() -> new Slot(0)).hasMessage("slot: 0 (expected: 1..32767)");
        assertThatThrownBy(() -> new Slot(32768)).hasMessageContaining("32768");
    }
}
