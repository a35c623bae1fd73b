package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.control.domain.hosts.HostFault;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class FaultsTest {
    @Test
    void whatTheHostSaysIsToldApartFromNotReachingIt() {
        var said = new ConnectException(Code.UNAVAILABLE, "no room: 3 of 3 used");
        assertThat(Faults.of(said, HostFault.NO_ROOM)).isEqualTo(HostFault.NO_ROOM);
        assertThat(Faults.of(said, HostFault.GUEST_GONE)).isEqualTo(HostFault.GUEST_GONE);
        var ours =
                new ConnectException(
                        Code.UNAVAILABLE, "127.0.0.1:5: refused", new IOException("refused"));
        assertThat(Faults.of(ours, HostFault.NO_ROOM)).isEqualTo(HostFault.UNREACHABLE);
        assertThat(Faults.detail(ours, HostFault.UNREACHABLE)).doesNotContain("127.0.0.1");
    }

    @Test
    void everyCodeHasAFaultAndShortWords() {
        for (var code : Code.values()) {
            var e = new ConnectException(code, "line\nnext " + "x".repeat(1000));
            var fault = Faults.of(e, HostFault.INTERNAL);
            assertThat(Faults.detail(e, fault))
                    .isNotEmpty()
                    .hasSizeLessThan(600)
                    .doesNotContain("\n");
        }
        assertThat(Faults.of(new ConnectException(Code.RESOURCE_EXHAUSTED, ""), HostFault.INTERNAL))
                .isEqualTo(HostFault.DISK_FULL);
        assertThat(Faults.of(new ConnectException(Code.DATA_LOSS, ""), HostFault.INTERNAL))
                .isEqualTo(HostFault.DATA_LOSS);
        assertThat(Faults.of(new ConnectException(Code.DEADLINE_EXCEEDED, ""), HostFault.INTERNAL))
                .isEqualTo(HostFault.TIMEOUT);
    }
}
