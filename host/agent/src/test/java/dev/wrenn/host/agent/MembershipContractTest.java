package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// A host's place in the fleet, against a control plane of a few lines over a real socket.
class MembershipContractTest {
    private static final MachineFacts MACHINE = new MachineFacts("x86_64", 2, 1024, 10);
    private static final String HOST = "host-51a37iakuf5nuuphr0fx89og0";

    @TempDir Path directory;

    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
    private volatile int heartbeatStatus = 204;
    private volatile int refreshStatus = 200;
    private volatile int registerStatus = 201;
    private volatile boolean dropRefresh;
    private volatile String goodToken = "";
    private volatile int issued;
    private volatile Instant now = Instant.now();
    private HttpServer server;
    private TestPki pki;

    @BeforeEach
    void start() throws Exception {
        pki = new TestPki(Files.createDirectory(directory.resolve("pki")));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange http) throws IOException {
        var path = http.getRequestURI().getPath();
        var text = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        bodies.add(JsonMapper.shared().readTree(text));
        calls.add(path.substring(path.lastIndexOf('/') + 1));
        if (path.endsWith("/heartbeat")) {
            var shown = http.getRequestHeaders().getFirst("X-Host-Token");
            int status = shown.equals(goodToken) ? heartbeatStatus : 401;
            reply(http, status, "");
        } else if (path.endsWith("/refresh")) {
            if (refreshStatus != 200) reply(http, refreshStatus, "");
            else if (dropRefresh) {
                papers(); // issued, and lost on the way
                http.close();
            } else reply(http, 200, papers());
        } else {
            reply(http, registerStatus, registerStatus == 201 ? papers() : "");
        }
    }

    private synchronized String papers() {
        issued++;
        try {
            pki.issue("agent" + issued);
            goodToken = "token-" + issued;
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("token", goodToken)
                    .put("refresh_token", "refresh-" + issued)
                    .put("cert_pem", Files.readString(pki.certificate("agent" + issued)))
                    .put("ca_cert_pem", Files.readString(pki.certificate("ca")))
                    .put("cert_expires_at", now.plus(Duration.ofDays(7)).toString())
                    .set("host", JsonNodeFactory.instance.objectNode().put("id", HOST))
                    .toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void reply(HttpExchange http, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        http.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }

    private FleetConfig config(String... token) {
        return new FleetConfig(
                List.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
                "127.0.0.1:9443",
                token.length == 0 ? Optional.empty() : Optional.of(new Secret(token[0])),
                Duration.ofMillis(50),
                Duration.ofMillis(200));
    }

    private Membership open(String... token) throws InterruptedException {
        InstantSource clock = () -> now;
        return Membership.open(config(token), directory, MACHINE, clock);
    }

    @Test
    void registersOnceAndKeepsWhatItGotForTheOwnerOnly() throws Exception {
        try (var first = open("t")) {
            assertThat(first.host()).isEqualTo(HOST);
            assertThat(first.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        var file = HostCredentials.file(directory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var again = open()) {
            assertThat(again.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        assertThat(calls).containsExactly("register", "heartbeat", "heartbeat");
        var told = bodies.getFirst();
        assertThat(told.path("address").asString()).isEqualTo("127.0.0.1:9443");
        assertThat(told.path("csr_pem").asString()).startsWith("-----BEGIN CERTIFICATE REQUEST");
        assertThat(told.toString()).as("the key stays here").doesNotContain("PRIVATE");
    }

    @Test
    void withoutATokenItSaysHowToGetOne() {
        assertThatThrownBy(this::open)
                .isInstanceOf(AgentException.class)
                .hasMessageContaining("--register");
    }

    @Test
    void aRefusedTokenIsSaidAndNothingIsKept() {
        registerStatus = 401;
        assertThatThrownBy(() -> open("used"))
                .isInstanceOf(AgentException.class)
                .hasMessageContaining("401")
                .hasMessageNotContaining("used");
        assertThat(HostCredentials.file(directory)).doesNotExist();
    }

    @Test
    void renewsInTimeAndShowsTheNewCertificate() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            now = now.plus(Duration.ofDays(3));
            member.beat();
            assertThat(calls).doesNotContain("refresh");
            now = now.plus(Duration.ofHours(13));
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            assertThat(calls).containsExactly("register", "heartbeat", "refresh", "heartbeat");
            var shown = (X509Certificate) member.tls().getKeyStore().getCertificate("own");
            assertThat(shown.getSubjectX500Principal().getName()).isEqualTo("CN=agent2");
            member.tls().stop();
        }
        assertThat(HostCredentials.read(directory).orElseThrow().refresh().reveal())
                .isEqualTo("refresh-2");
    }

    @Test
    void a401IsAnsweredWithARefreshAndAnotherHeartbeat() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            goodToken = "another";
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            assertThat(calls).containsExactly("register", "heartbeat", "refresh", "heartbeat");
            member.tls().stop();
        }
    }

    @Test
    void aRefreshWhoseAnswerIsLostIsAskedForAgainWithTheOldToken() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            goodToken = "another";
            dropRefresh = true;
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
            dropRefresh = false;
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            member.tls().stop();
        }
        var shown = new ArrayList<String>();
        for (int i = 0; i < calls.size(); i++)
            if (calls.get(i).equals("refresh"))
                shown.add(bodies.get(i).path("refresh_token").asString());
        assertThat(shown).containsOnly("refresh-1").hasSizeGreaterThan(1);
    }

    @Test
    void errorsOfTheServerAreNoContact() throws Exception {
        try (var member = open("t")) {
            heartbeatStatus = 503;
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
            server.stop(0);
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
        }
    }

    @Test
    void aRefusedRefreshEndsItUnlessThereIsATokenToRegisterWith() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            goodToken = "another";
            refreshStatus = 401;
            assertThat(member.beat()).as("registers again").isEqualTo(Membership.Beat.HEARD);
            goodToken = "another";
            registerStatus = 401;
            assertThat(member.beat()).isEqualTo(Membership.Beat.REFUSED);
            member.tls().stop();
        }
    }

    @Test
    void aDeletedHostIsGone() throws Exception {
        try (var member = open("t")) {
            heartbeatStatus = 404;
            assertThat(member.beat()).isEqualTo(Membership.Beat.GONE);
            member.forget();
        }
        assertThat(HostCredentials.file(directory)).doesNotExist();
    }

    @Test
    void anExpiredCertificateIsRenewedBeforeItIsShown() throws Exception {
        open("t").close();
        now = now.plus(Duration.ofDays(8));
        try (var member = open()) {
            assertThat(calls).containsExactly("register", "refresh");
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        now = now.plus(Duration.ofDays(8));
        refreshStatus = 401;
        assertThatThrownBy(this::open).hasMessageContaining("--register");
    }
}
