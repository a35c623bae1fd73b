package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A host's place in the fleet, against a control plane of a few lines over a real socket.
class MembershipContractTest {
    private static final MachineFacts MACHINE = new MachineFacts("x86_64", 2, 1024, 10);

    @TempDir Path directory;

    private FakeControlPlane plane;

    @BeforeEach
    void start() throws Exception {
        plane = new FakeControlPlane(Files.createDirectory(directory.resolve("pki")));
    }

    @AfterEach
    void stop() {
        plane.close();
    }

    private Membership open(String... token) throws InterruptedException {
        InstantSource clock = () -> plane.now;
        return Membership.open(plane.config(token), directory, MACHINE, clock);
    }

    @Test
    void registersOnceAndKeepsWhatItGotForTheOwnerOnly() throws Exception {
        try (var first = open("t")) {
            assertThat(first.host()).isEqualTo(FakeControlPlane.HOST);
            assertThat(first.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        var file = HostCredentials.file(directory);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var again = open()) {
            assertThat(again.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        assertThat(plane.calls).containsExactly("register", "heartbeat", "heartbeat");
        var told = plane.bodies.getFirst();
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
        plane.registerStatus = 401;
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
            plane.now = plane.now.plus(Duration.ofDays(3));
            member.beat();
            assertThat(plane.calls).doesNotContain("refresh");
            plane.now = plane.now.plus(Duration.ofHours(13));
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            assertThat(plane.calls)
                    .containsExactly("register", "heartbeat", "refresh", "heartbeat");
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
            plane.goodToken = "another";
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            assertThat(plane.calls)
                    .containsExactly("register", "heartbeat", "refresh", "heartbeat");
            member.tls().stop();
        }
    }

    @Test
    void aRefreshWhoseAnswerIsLostIsAskedForAgainWithTheOldToken() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            plane.goodToken = "another";
            plane.dropRefresh = true;
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
            plane.dropRefresh = false;
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
            member.tls().stop();
        }
        var shown = new ArrayList<String>();
        for (int i = 0; i < plane.calls.size(); i++)
            if (plane.calls.get(i).equals("refresh"))
                shown.add(plane.bodies.get(i).path("refresh_token").asString());
        assertThat(shown).containsOnly("refresh-1").hasSizeGreaterThan(1);
    }

    @Test
    void errorsOfTheServerAreNoContact() throws Exception {
        try (var member = open("t")) {
            plane.heartbeatStatus = 503;
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
            plane.close();
            assertThat(member.beat()).isEqualTo(Membership.Beat.LOST);
        }
    }

    @Test
    void aRefusedRefreshEndsItUnlessThereIsATokenToRegisterWith() throws Exception {
        try (var member = open("t")) {
            member.tls().start();
            plane.goodToken = "another";
            plane.refreshStatus = 401;
            assertThat(member.beat()).as("registers again").isEqualTo(Membership.Beat.HEARD);
            plane.goodToken = "another";
            plane.registerStatus = 401;
            assertThat(member.beat()).isEqualTo(Membership.Beat.REFUSED);
            member.tls().stop();
        }
    }

    @Test
    void aDeletedHostIsGone() throws Exception {
        try (var member = open("t")) {
            plane.heartbeatStatus = 404;
            assertThat(member.beat()).isEqualTo(Membership.Beat.GONE);
            member.forget();
        }
        assertThat(HostCredentials.file(directory)).doesNotExist();
    }

    @Test
    void anExpiredCertificateIsRenewedBeforeItIsShown() throws Exception {
        open("t").close();
        plane.now = plane.now.plus(Duration.ofDays(8));
        try (var member = open()) {
            assertThat(plane.calls).containsExactly("register", "refresh");
            assertThat(member.beat()).isEqualTo(Membership.Beat.HEARD);
        }
        plane.now = plane.now.plus(Duration.ofDays(8));
        plane.refreshStatus = 401;
        assertThatThrownBy(this::open).hasMessageContaining("--register");
    }
}
