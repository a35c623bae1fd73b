package dev.wrenn.host.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemoryLayout.PathElement;
import org.junit.jupiter.api.Test;

/// Sizes and offsets as a C compiler has them on x86-64 with glibc 2.36.
class LayoutTest {
    @Test
    void structuresHaveTheirSizes() {
        assertThat(UnixSockets.SOCKADDR_UN.byteSize()).isEqualTo(110);
        assertThat(UnixSockets.IOVEC.byteSize()).isEqualTo(16);
        assertThat(UnixSockets.MSGHDR.byteSize()).isEqualTo(56);
        assertThat(UnixSockets.CMSGHDR.byteSize()).isEqualTo(16);
        assertThat(Poll.POLLFD.byteSize()).isEqualTo(8);
        assertThat(Tap.IFREQ.byteSize()).isEqualTo(40);
        assertThat(LazyMemory.API_ARGUMENT.byteSize()).isEqualTo(24);
        assertThat(LazyMemory.REGISTER_ARGUMENT.byteSize()).isEqualTo(32);
        assertThat(Spawn.ATTRIBUTES_BYTES).isEqualTo(336);
        assertThat(Spawn.ACTIONS_BYTES).isEqualTo(80);
        assertThat(Spawn.SIGSET_BYTES).isEqualTo(128);
    }

    @Test
    void fieldsAreAtTheirOffsets() {
        assertThat(UnixSockets.MSGHDR.byteOffset(PathElement.groupElement("msg_control")))
                .isEqualTo(32);
        assertThat(UnixSockets.MSGHDR.byteOffset(PathElement.groupElement("msg_flags")))
                .isEqualTo(48);
        assertThat(Tap.IFREQ.byteOffset(PathElement.groupElement("ifr_flags"))).isEqualTo(16);
    }
}
