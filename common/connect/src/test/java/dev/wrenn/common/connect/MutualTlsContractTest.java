package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wrenn.contracts.peer.v1.UnaryRequest;
import dev.wrenn.contracts.peer.v1.UnaryResponse;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class MutualTlsContractTest {
    @TempDir Path dir;

    @Test
    void onlyClientsOfTheAuthorityAreServed() throws Exception {
        var pki = new TestPki(dir, "ca").issue("agent").issue("control");
        var stranger = new TestPki(dir, "stranger").issue("control");
        var service =
                ConnectService.builder()
                        .unary(
                                Peer.UNARY,
                                (call, _) ->
                                        UnaryResponse.newBuilder()
                                                .setText("" + call.peer())
                                                .build())
                        .build();
        var tls = Tls.server(pki.ca(), pki.certificate("agent"), pki.key("agent"));
        try (var server = ConnectServer.builder().tls(tls).service(service).start()) {
            var good = Tls.client(pki.ca(), pki.certificate("control"), pki.key("control"));
            assertThat(call(server, good)).isEqualTo("control");

            var without = new SslContextFactory.Client(true);
            assertThat(failure(server, without).code()).isEqualTo(Code.UNAVAILABLE);

            var wrong =
                    Tls.client(pki.ca(), stranger.certificate("control"), stranger.key("control"));
            assertThat(failure(server, wrong).code()).isEqualTo(Code.UNAVAILABLE);

            var distrusting =
                    Tls.client(stranger.ca(), pki.certificate("control"), pki.key("control"));
            assertThat(failure(server, distrusting).code()).isEqualTo(Code.UNAVAILABLE);
            assertThat(
                            call(
                                    server,
                                    Tls.client(
                                            pki.ca(),
                                            pki.certificate("control"),
                                            pki.key("control"))))
                    .isEqualTo("control");
        }
    }

    @Test
    void unusableFilesAreNamed() throws Exception {
        var pki = new TestPki(dir, "ca").issue("agent");
        assertThatThrownBy(() -> Tls.server(pki.ca(), pki.certificate("agent"), pki.ca()))
                .isInstanceOf(Tls.TlsException.class)
                .hasMessageContaining("ca.crt");
        assertThatThrownBy(() -> Tls.server(pki.ca(), dir.resolve("none"), pki.key("agent")))
                .isInstanceOf(Tls.TlsException.class)
                .hasMessageContaining("none");
    }

    private static ConnectException failure(ConnectServer server, SslContextFactory.Client tls) {
        return catchThrowableOfType(ConnectException.class, () -> call(server, tls));
    }

    private static String call(ConnectServer server, SslContextFactory.Client tls)
            throws Exception {
        var base = URI.create("https://127.0.0.1:" + server.port());
        try (var http = ConnectHttp.client("tls", Duration.ofSeconds(5), tls);
                var client = new ConnectClient(http, base, Codec.PROTO, Map.of())) {
            return client.unary(
                            Peer.UNARY,
                            UnaryRequest.getDefaultInstance(),
                            CallOptions.timeout(Duration.ofSeconds(20)))
                    .getText();
        }
    }
}
