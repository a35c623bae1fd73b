package dev.wrenn.control.outgoing;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Provider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A server of another is whom its address names, shown by a certificate of an authority that is
/// trusted; else nothing of a request reaches it.
class TlsContractTest {
    private static final String PASSWORD = "of-the-test";

    @TempDir Path dir;

    private final List<HttpsServer> servers = new ArrayList<>();
    private final List<String> got = new CopyOnWriteArrayList<>();

    @AfterEach
    void stop() {
        for (var server : servers) server.stop(0);
    }

    @Test
    void theNameInTheAddressIsTheOneInTheCertificate() throws Exception {
        var authority = authority("trusted");
        int right = serve(certificate(authority, "hook.example", "-validity", "2"));
        try (var courier = courier(authority)) {
            assertThat(courier.deliver(post("https://hook.example:" + right + "/in")))
                    .isEqualTo(new Delivered.Done(204));
            assertThat(got).containsExactly("/in {\"secret\":1}");
            assertThat(courier.deliver(post("https://other.example:" + right + "/in")))
                    .isEqualTo(notReached());
            assertThat(courier.deliver(post("https://127.0.0.1:" + right + "/in")))
                    .as("an address is no name")
                    .isEqualTo(notReached());
        }
        assertThat(got).as("what servers were told").hasSize(1);
    }

    @Test
    void anAuthorityThatIsNotTrustedVouchesForNobody() throws Exception {
        var trusted = authority("trusted");
        int port = serve(certificate(authority("stranger"), "hook.example", "-validity", "2"));
        try (var courier = courier(trusted)) {
            assertThat(courier.deliver(post("https://hook.example:" + port + "/in")))
                    .isEqualTo(notReached());
        }
        assertThat(got).isEmpty();
    }

    @Test
    void aCertificateOfThePastCountsNoMore() throws Exception {
        var authority = authority("trusted");
        int port =
                serve(
                        certificate(
                                authority, "hook.example", "-startdate", "-9d", "-validity", "2"));
        try (var courier = courier(authority)) {
            assertThat(courier.deliver(post("https://hook.example:" + port + "/in")))
                    .isEqualTo(notReached());
        }
        assertThat(got).isEmpty();
    }

    @Test
    void aServerWithoutTlsIsToldNothing() throws Exception {
        var authority = authority("trusted");
        try (var receiver = Receiver.start(); // which waits for a line, as HTTP servers do
                var courier = courier(authority, Duration.ofSeconds(3))) {
            assertThat(courier.deliver(post("https://hook.example:" + receiver.port() + "/in")))
                    .isInstanceOf(Delivered.Later.class);
            assertThat(receiver.got).isEmpty();
        }
    }

    private static Delivered notReached() {
        return new Delivered.Later("not reached", Optional.empty(), Optional.empty());
    }

    private static Provider.Request post(String url) {
        return new Provider.Request("POST", URI.create(url), Map.of(), "{\"secret\":1}");
    }

    /// One that finds every name on this machine and trusts one authority.
    private static SafeCourier courier(Path authority)
            throws GeneralSecurityException, IOException {
        return courier(authority, Duration.ofSeconds(20));
    }

    private static SafeCourier courier(Path authority, Duration limit)
            throws GeneralSecurityException, IOException {
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", load(authority).getCertificate("key"));
        var tls = new SslContextFactory.Client();
        tls.setTrustStore(trusted);
        return SafeCourier.start(
                TargetRules.of(List.of("127.0.0.1")),
                _ -> List.of(InetAddress.ofLiteral("127.0.0.1")),
                tls,
                limit,
                InstantSource.system());
    }

    private int serve(Path identity) throws GeneralSecurityException, IOException {
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(identity), PASSWORD.toCharArray());
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        var server =
                HttpsServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.createContext(
                "/",
                exchange -> {
                    var body = new String(exchange.getRequestBody().readAllBytes());
                    got.add(exchange.getRequestURI() + " " + body);
                    exchange.sendResponseHeaders(204, -1);
                    exchange.close();
                });
        server.start();
        servers.add(server);
        return server.getAddress().getPort();
    }

    private static KeyStore load(Path file) throws GeneralSecurityException, IOException {
        return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
    }

    /// A key store with the key `key` of a new authority.
    private Path authority(String name) throws Exception {
        var file = dir.resolve(name + ".p12");
        keytool(file, "-genkeypair", "-keyalg", "EC", "-dname", "CN=" + name, "-ext", "bc:c");
        return file;
    }

    /// A key store with the key `key` of a server and a certificate of an authority for its name.
    private Path certificate(Path authority, String name, String... validity) throws Exception {
        var file = dir.resolve(authority.getFileName() + "-" + name + ".p12");
        var request = dir.resolve("request.pem");
        var certificate = dir.resolve("certificate.pem");
        var root = dir.resolve("root.pem");
        keytool(file, "-genkeypair", "-keyalg", "EC", "-dname", "CN=server");
        keytool(file, "-certreq", "-file", request.toString());
        var sign =
                new ArrayList<>(
                        List.of("-gencert", "-rfc", "-infile", request.toString(), "-outfile"));
        sign.addAll(List.of(certificate.toString(), "-ext", "san=dns:" + name));
        sign.addAll(List.of(validity));
        keytool(authority, sign.toArray(String[]::new));
        keytool(authority, "-exportcert", "-rfc", "-file", root.toString());
        Files.writeString(certificate, Files.readString(certificate) + Files.readString(root));
        keytool(file, "-importcert", "-noprompt", "-file", certificate.toString());
        return file;
    }

    private static void keytool(Path store, String... words) throws Exception {
        var command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/keytool"));
        command.addAll(List.of(words));
        command.addAll(List.of("-alias", "key", "-storetype", "PKCS12"));
        command.addAll(List.of("-keystore", store.toString(), "-storepass", PASSWORD));
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).as(said).isZero();
    }
}
