package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectHttp;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostFault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
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
        var unsent =
                new ConnectException(
                        Code.UNAVAILABLE,
                        "127.0.0.1:5: refused",
                        new ExecutionException(new java.net.ConnectException("refused")));
        assertThat(Faults.of(unsent, HostFault.NO_ROOM)).isEqualTo(HostFault.UNCONNECTED);
        assertThat(Faults.detail(unsent, HostFault.UNCONNECTED)).doesNotContain("127.0.0.1");
    }

    /// A port that nobody listens on, asked by the real client.
    @Test
    void aRefusedConnectionIsKnownToHaveCarriedNothing() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var http = ConnectHttp.client("test", Duration.ofSeconds(5));
        try (var client =
                new AgentClient(
                        new ConnectClient(
                                http,
                                URI.create("http://127.0.0.1:" + port),
                                Codec.PROTO,
                                Map.of()))) {
            assertThat(client.destroy(CapsuleId.random(), Duration.ofSeconds(5)))
                    .isInstanceOfSatisfying(
                            HostAnswer.Refused.class,
                            refused ->
                                    assertThat(refused.fault()).isEqualTo(HostFault.UNCONNECTED));
        } finally {
            http.stop();
        }
    }

    /// Fault: the host dies with the request in hand: it may have begun.
    @Test
    void aConnectionThatBreaksMayHaveCarriedTheRequest() throws Exception {
        var http = ConnectHttp.client("test", Duration.ofSeconds(5));
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client =
                        new AgentClient(
                                new ConnectClient(
                                        http,
                                        URI.create("http://127.0.0.1:" + server.getLocalPort()),
                                        Codec.PROTO,
                                        Map.of()))) {
            Thread.startVirtualThread(() -> {
                try (var peer = server.accept()) {
                    assertThat(peer.getInputStream().read()).isNotNegative();
                } catch (IOException e) {
                    // the client sees it as well
                }
            });
            assertThat(client.destroy(CapsuleId.random(), Duration.ofSeconds(5)))
                    .isInstanceOfSatisfying(
                            HostAnswer.Refused.class,
                            refused ->
                                    assertThat(refused.fault()).isEqualTo(HostFault.UNREACHABLE));
        } finally {
            http.stop();
        }
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
