package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// What goes through the port proxy, byte for byte, with a real server behind a fake agent.
class PortsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        id = stack.probe(control).post("/v1/capsules", "{}").id();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static RawClient client() throws IOException {
        return new RawClient(control.port());
    }

    private static String host(GuestServer guest) {
        return guest.port() + "-" + id + ".localhost";
    }

    private static GuestServer echoingHeads() throws IOException {
        return new GuestServer((head, _, out) -> {
            GuestServer.answer(out, "200 OK", "X-Guest: yes\r\n", head);
            return true;
        });
    }

    @Test
    void theTargetArrivesAsItWasSent() throws Exception {
        try (var guest = echoingHeads();
                var client = client()) {
            for (var target :
                    new String[] {
                        "/",
                        "/a/",
                        "/a%2Fb%2f/%7e/%20?x=%26&y=+z&&=",
                        "//two//slashes",
                        "/a/../b/./c",
                        "/a;p=1/b?q=1?2#",
                        "/empty?",
                        "/?%zz&%",
                        "/pipe|and\"quote?{x}[y]",
                        "/?wrenn=1",
                    }) {
                client.send("GET " + target + " HTTP/1.1\r\nHost: " + host(guest) + ":1\r\n\r\n");
                var answer = client.answer();
                assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
                assertThat(answer.body().lines().findFirst())
                        .hasValue("GET " + target.replace("#", "") + " HTTP/1.1");
            }
        }
    }

    @Test
    void theGuestSeesItsClientsHostAndNothingOfThePlatform() throws Exception {
        var ours = jwt("{\"sub\":\"usr-1\",\"team_id\":\"team-1\"}");
        var theirs = jwt("{\"sub\":\"ada\"}");
        try (var guest = echoingHeads();
                var client = client()) {
            var request =
                    "GET / HTTP/1.1\r\nHost: "
                            + host(guest).toUpperCase(java.util.Locale.ROOT)
                            + ":81\r\nX-API-Key: "
                            + stack.key
                            + "\r\nx-host-token: h\r\nX-Access-Token: a\r\n"
                            + "Cookie: a=1; wrenn_session=s; b=2\r\nCookie: __Host-wrenn_x=1; wrenn_port=p\r\n"
                            + "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nTE: trailers\r\nKeep-Alive: 1\r\n"
                            + "Proxy-Authorization: p\r\nForwarded: for=x\r\nX-Forwarded-For: 1.2.3.4\r\n"
                            + "X-Forwarded-Host: evil\r\nOrigin: http://o\r\nX-App: 1\r\n";
            client.send(request + "Authorization: Bearer " + ours + "\r\n\r\n");
            var head = client.answer().body();
            assertThat(head)
                    .containsIgnoringCase("\r\nHost: " + host(guest) + ":81\r\n")
                    .contains("\r\nCookie: a=1; b=2\r\n")
                    .contains("\r\nOrigin: http://o\r\n", "\r\nX-App: 1\r\n")
                    .contains("\r\nX-Forwarded-For: 1.2.3.4, 127.0.0.1\r\n")
                    .contains("\r\nX-Forwarded-Proto: http\r\n")
                    .containsIgnoringCase("\r\nX-Forwarded-Host: " + host(guest) + ":81\r\n")
                    .doesNotContain(stack.key, ours, "evil", "wrenn_")
                    .doesNotContainIgnoringCase("x-host-token")
                    .doesNotContainIgnoringCase("x-access-token")
                    .doesNotContainIgnoringCase("authorization")
                    .doesNotContainIgnoringCase("x-hop")
                    .doesNotContainIgnoringCase("\r\nforwarded")
                    .doesNotContainIgnoringCase("\r\nte:");
            client.send(request + "Authorization: Bearer " + theirs + "\r\n\r\n");
            assertThat(client.answer().body()).contains("Authorization: Bearer " + theirs);
        }
    }

    private static String jwt(String claims) {
        var encoder = java.util.Base64.getUrlEncoder().withoutPadding();
        return "e30." + encoder.encodeToString(claims.getBytes(StandardCharsets.UTF_8)) + ".c2ln";
    }

    @Test
    void pathsOfTheGuestBecomeTheClients() throws Exception {
        try (var guest =
                        new GuestServer((head, _, out) -> {
                            GuestServer.answer(
                                    out,
                                    "302 Found",
                                    "Location: /there?x=1\r\n"
                                            + "Set-Cookie: a=1; Path=/app; Domain=localhost; Secure\r\n"
                                            + "Connection: x-gone\r\nX-Gone: 1\r\n",
                                    "");
                            return true;
                        });
                var client = client()) {
            client.send("GET / HTTP/1.1\r\nHost: " + host(guest) + "\r\n\r\n");
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(302);
            assertThat(answer.header("Location")).hasValue("/there?x=1");
            assertThat(answer.header("Set-Cookie")).hasValue("a=1; Path=/app; Secure");
            assertThat(answer.header("X-Gone")).isEmpty();
        }
    }

    @Test
    void anAnswerFlowsAsItIsMade() throws Exception {
        var seen = new CountDownLatch(1);
        try (var guest =
                        new GuestServer((_, _, out) -> {
                            GuestServer.write(
                                    out,
                                    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                                            + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
                            await(seen);
                            GuestServer.write(out, "3\r\ntwo\r\n0\r\n\r\n");
                            return true;
                        });
                var client = client()) {
            client.send("GET / HTTP/1.1\r\nHost: " + host(guest) + "\r\n\r\n");
            assertThat(client.head().header("Content-Type")).hasValue("text/event-stream");
            assertThat(text(client, 6)).isEqualTo("3\r\none"); // while the guest still waits
            seen.countDown();
            assertThat(text(client, 15)).isEqualTo("\r\n3\r\ntwo\r\n0\r\n\r\n");
        }
    }

    @Test
    void aBodyFlowsAsItComes() throws Exception {
        var seen = new CountDownLatch(1);
        try (var guest =
                        new GuestServer((_, in, out) -> {
                            assertThat(new String(in.readNBytes(6), StandardCharsets.UTF_8))
                                    .isEqualTo("3\r\none");
                            seen.countDown();
                            var rest = new String(in.readNBytes(15), StandardCharsets.UTF_8);
                            GuestServer.answer(out, "201 Created", "", rest);
                            return true;
                        });
                var client = client()) {
            client.send(
                    "POST /up HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(100);
            client.send("3\r\none\r\n");
            await(seen); // the guest has it although there is more to come
            client.send("3\r\ntwo\r\n0\r\n\r\n");
            var answer = client.answer();
            assertThat(answer.status()).isEqualTo(201);
            assertThat(answer.body()).isEqualTo("\r\n3\r\ntwo\r\n0\r\n\r\n");
        }
    }

    @Test
    void muchGoesThroughInBothDirections() throws Exception {
        int size = 32 << 20;
        try (var guest =
                        new GuestServer((head, in, out) -> {
                            var sum = head.startsWith("POST") ? hash(in, size) : "";
                            if (head.startsWith("POST")) GuestServer.answer(out, "200 OK", "", sum);
                            else {
                                GuestServer.write(
                                        out,
                                        "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n");
                                noise(out, size);
                            }
                            return true;
                        });
                var client = client()) {
            client.send("GET / HTTP/1.1\r\nHost: " + host(guest) + "\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
            var down = hash(client.in(), size);
            client.send(
                    "POST / HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nContent-Length: "
                            + size
                            + "\r\n\r\n");
            noise(client.out(), size);
            assertThat(client.answer().body()).isEqualTo(down);
        }
    }

    private static void noise(OutputStream out, int size) throws IOException {
        var random = new Random(42);
        var piece = new byte[1 << 16];
        for (int left = size; left > 0; left -= piece.length) {
            random.nextBytes(piece);
            out.write(piece);
        }
        out.flush();
    }

    private static String hash(java.io.InputStream in, int size) throws IOException {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var piece = new byte[1 << 16];
            for (int left = size; left > 0; ) {
                int read = in.read(piece, 0, Math.min(left, piece.length));
                if (read < 0) throw new IOException("ended " + left + " bytes early");
                digest.update(piece, 0, read);
                left -= read;
            }
            return java.util.HexFormat.of().formatHex(digest.digest());
        } catch (java.security.GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void anUpgradeBecomesATunnelOfBytes() throws Exception {
        try (var guest =
                        new GuestServer((head, in, out) -> {
                            assertThat(head).contains("Upgrade: websocket", "Sec-WebSocket-Key: k");
                            GuestServer.write(
                                    out,
                                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                            + "Connection: Upgrade\r\nSec-WebSocket-Accept: a\r\n\r\nfirst");
                            for (int next; (next = in.read()) >= 0; out.flush()) out.write(next);
                            GuestServer.write(out, "bye");
                            return false;
                        });
                var client = client()) {
            client.send(
                    "GET /ws HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
                            + "Sec-WebSocket-Key: k\r\n\r\n");
            var head = client.head();
            assertThat(head.status()).isEqualTo(101);
            assertThat(head.header("Sec-WebSocket-Accept")).hasValue("a");
            assertThat(head.header("Upgrade")).hasValue("websocket");
            assertThat(text(client, 5)).isEqualTo("first");
            client.send("GET /not/a/request HTTP/1.1\r\n\r\n\0");
            assertThat(text(client, 32)).isEqualTo("GET /not/a/request HTTP/1.1\r\n\r\n\0");
            client.endOutput();
            assertThat(text(client, 3))
                    .isEqualTo("bye"); // the end arrived, and the way back stayed
            assertThat(client.in().read()).isEqualTo(-1);
        }
    }

    @Test
    void anOddUpgradeIsAPlainRequest() throws Exception {
        try (var guest =
                        new GuestServer((head, in, out) -> {
                            int length = head.contains("Content-Length: 4") ? 4 : 0;
                            var body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                            GuestServer.answer(out, "200 OK", "", head + body);
                            return true;
                        });
                var client = client()) {
            var start =
                    "POST / HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nConnection: Upgrade, HTTP2-Settings\r\n";
            client.send(start + "Upgrade: websocket\r\nContent-Length: 4\r\n\r\nbody");
            assertThat(client.answer().body()).endsWith("body").doesNotContain("Upgrade");
            client.send(start + "Upgrade: h2c\r\nHTTP2-Settings: AAA\r\nContent-Length: 0\r\n\r\n");
            assertThat(client.answer().body()).doesNotContain("Upgrade", "HTTP2-Settings");
            client.send(
                    "POST / HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(400);
        }
    }

    @Test
    void aBrokenAnswerDoesNotLookWhole() throws Exception {
        try (var guest =
                        new GuestServer((_, _, out) -> {
                            GuestServer.write(
                                    out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
                            return false;
                        });
                var client = client()) {
            client.send("GET / HTTP/1.1\r\nHost: " + host(guest) + "\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(200);
            assertThat(client.in().readAllBytes().length).isLessThan(100);
        }
        try (var guest = new GuestServer((_, _, _) -> false);
                var client = client()) {
            client.send(
                    "POST / HTTP/1.1\r\nHost: " + host(guest) + "\r\nContent-Length: 1\r\n\r\nx");
            assertThat(client.answer().status()).isEqualTo(502);
        }
    }

    @Test
    void headsThatAreTooLargeAreRefused() throws Exception {
        try (var guest = echoingHeads();
                var client = client()) {
            client.send(
                    "GET / HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nX-A: "
                            + "a".repeat(20_000)
                            + "\r\n\r\n");
            assertThat(client.answer().status()).isEqualTo(200);
            client.send(
                    "GET / HTTP/1.1\r\nHost: "
                            + host(guest)
                            + "\r\nX-A: "
                            + "a".repeat(40_000)
                            + "\r\n\r\n");
            assertThat(client.head().status()).isEqualTo(431);
        }
    }

    private static String text(RawClient client, int length) throws IOException {
        return new String(client.in().readNBytes(length), StandardCharsets.UTF_8);
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
