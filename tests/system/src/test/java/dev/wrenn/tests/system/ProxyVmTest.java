package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/// Servers inside capsules under host names of their own (spec 08).
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyVmTest {
    private static final Duration SOON = Duration.ofSeconds(60);
    private static final int DOWNLOAD = 100 << 20;
    private static final int UPLOAD = 8 << 20;
    private static final int PORT = 3000;
    private static final int INSIDE = 3001;

    /// Echoes heads, hashes bodies, streams, and speaks as much WebSocket as an echo needs.
    private static final String SERVER =
            """
            cat >/tmp/server.py <<'END'
            import base64, hashlib, http.server, os, sys
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version = "HTTP/1.1"
                def log_message(self, *args): pass
                def text(self, text):
                    body = text.encode()
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def do_POST(self):
                    digest = hashlib.sha256()
                    left = int(self.headers["Content-Length"])
                    while left > 0:
                        piece = self.rfile.read(min(left, 65536))
                        left -= len(piece)
                        digest.update(piece)
                    self.text(digest.hexdigest())
                def do_GET(self):
                    if self.path == "/big":
                        piece = os.urandom(1 << 20)
                        size = int(os.environ["BIG"])
                        self.send_response(200)
                        self.send_header("Content-Length", str(size + 64))
                        self.end_headers()
                        digest = hashlib.sha256()
                        for _ in range(size >> 20):
                            digest.update(piece)
                            self.wfile.write(piece)
                        self.wfile.write(digest.hexdigest().encode())
                    elif self.path == "/events":
                        self.send_response(200)
                        self.send_header("Content-Type", "text/event-stream")
                        self.send_header("Connection", "close")
                        self.end_headers()
                        self.wfile.write(b"data: one\\n\\n")
                        open("/tmp/go").read()
                        self.wfile.write(b"data: two\\n\\n")
                    elif self.path == "/ws":
                        key = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
                        self.send_response(101)
                        self.send_header("Upgrade", "websocket")
                        self.send_header("Connection", "Upgrade")
                        accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
                        self.send_header("Sec-WebSocket-Accept", accept)
                        self.end_headers()
                        while True:
                            head = self.rfile.read(2)
                            if len(head) < 2: break
                            mask = self.rfile.read(4)
                            data = self.rfile.read(head[1] & 127)
                            data = bytes(b ^ mask[i % 4] for i, b in enumerate(data))
                            self.wfile.write(bytes([head[0], len(data)]) + data)
                        self.close_connection = True
                    else:
                        self.text(self.requestline + "\\n" + str(self.headers))
            http.server.ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
            END
            test -p /tmp/go || mkfifo /tmp/go
            """;

    private final Installation wrenn;
    private final Api api;
    private String id = "";

    ProxyVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        id = api.create();
        api.output(id, SERVER);
        serve(id, "0.0.0.0", PORT);
    }

    @AfterAll
    void destroy() {
        api.destroy(id);
    }

    private void serve(String capsule, String address, int port) {
        api.output(
                capsule,
                ("BIG=%d setsid python3 /tmp/server.py %s %d >/dev/null 2>&1 &"
                                + " while ! ss -ltn | grep -q ':%d '; do sleep 0.1; done")
                        .formatted(DOWNLOAD, address, port, port));
    }

    private PortClient client(String capsule, int port) throws IOException {
        return new PortClient(api.base(), port + "-" + capsule + ".localhost");
    }

    private PortClient.Answer get(String capsule, int port, String target, String... headers)
            throws IOException {
        try (var client = client(capsule, port)) {
            return client.ask("GET", target, headers).answer();
        }
    }

    @Test
    void theGuestSeesTheRequestAndNoCredentials() throws Exception {
        var answer =
                get(
                        id,
                        PORT,
                        "/a%2Fb//c/?x=%20",
                        "X-API-Key: " + api.key(),
                        "Cookie: wrenn_session=1; own=2",
                        "Authorization: Bearer own");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body())
                .startsWith("GET /a%2Fb//c/?x=%20 HTTP/1.1\n")
                .contains("Host: " + PORT + "-" + id + ".localhost\n")
                .contains("Cookie: own=2\n", "Authorization: Bearer own\n", "X-Forwarded-For: ")
                .doesNotContain(api.key(), "wrenn_session");
    }

    @Test
    void aHundredMebibytesComeDownAndSomeGoUp() throws Exception {
        try (var client = client(id, PORT)) {
            assertThat(client.ask("GET", "/big").head().status()).isEqualTo(200);
            var digest = MessageDigest.getInstance("SHA-256");
            var piece = new byte[1 << 16];
            for (int left = DOWNLOAD; left > 0; ) {
                int read = client.in().read(piece, 0, Math.min(left, piece.length));
                assertThat(read).isPositive();
                digest.update(piece, 0, read);
                left -= read;
            }
            var sum = new String(client.in().readNBytes(64), StandardCharsets.US_ASCII);
            assertThat(HexFormat.of().formatHex(digest.digest())).isEqualTo(sum);

            var body = new byte[UPLOAD];
            new java.util.Random(1).nextBytes(body);
            client.ask("POST", "/", "Content-Length: " + body.length).send(body);
            var hash = MessageDigest.getInstance("SHA-256").digest(body);
            assertThat(client.answer().body()).isEqualTo(HexFormat.of().formatHex(hash));
        }
    }

    @Test
    void eventsArriveOneByOne() throws Exception {
        try (var client = client(id, PORT)) {
            assertThat(client.ask("GET", "/events").head().head()).contains("text/event-stream");
            assertThat(read(client, "data: one\n\n")).isTrue(); // the second is not made yet
            api.output(id, "echo >/tmp/go");
            assertThat(read(client, "data: two\n\n")).isTrue();
        }
    }

    /// Skips the framing of chunks.
    private static boolean read(PortClient client, String wanted) throws IOException {
        var seen = new StringBuilder();
        while (seen.indexOf(wanted) < 0) {
            int next = client.in().read();
            if (next < 0) return false;
            seen.append((char) next);
        }
        return true;
    }

    private static PortClient webSocket(PortClient client) throws IOException {
        client.ask(
                "GET",
                "/ws",
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
        var head = client.head();
        assertThat(head.status()).isEqualTo(101);
        assertThat(head.head()).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // RFC 6455, 1.3
        return client;
    }

    private static void echo(PortClient client, String text) throws IOException {
        var data = text.getBytes(StandardCharsets.US_ASCII);
        var frame = new byte[6 + data.length]; // text, masked with zeros
        frame[0] = (byte) 0x81;
        frame[1] = (byte) (0x80 | data.length);
        System.arraycopy(data, 0, frame, 6, data.length);
        client.send(frame);
        var back = client.in().readNBytes(2 + data.length);
        assertThat(back[0]).isEqualTo((byte) 0x81);
        assertThat(new String(back, 2, data.length, StandardCharsets.US_ASCII)).isEqualTo(text);
    }

    @Test
    void aWebSocketEchoes() throws Exception {
        try (var client = webSocket(client(id, PORT))) {
            for (int i = 0; i < 20; i++) echo(client, "message " + i);
        }
    }

    @Test
    void aServerThatListensInsideOnlyIsReached() throws Exception {
        serve(id, "127.0.0.1", INSIDE);
        assertThat(get(id, INSIDE, "/").status()).isEqualTo(200);
    }

    @Test
    void whatIsWrongIsTold() throws Exception {
        assertThat(get(id, 49_983, "/health").status()).isEqualTo(403);
        var nobody = get(id, 3999, "/");
        assertThat(nobody.status()).isEqualTo(502);
        assertThat(nobody.body()).startsWith("proxy error: ");
        assertThat(get(id, 3999, "/", "Accept: text/html").body()).startsWith("<!doctype html>");
        assertThat(get(id, 0, "/").body()).isEqualTo("invalid port");
        var unknown = get("cl-0000000000000000000000000", PORT, "/");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.body()).isEqualTo("sandbox not found");
    }

    @Test
    void aPrivateCapsuleAsksForProof() throws Exception {
        var mine = api.create("{\"proxy\":{\"access\":\"private\"}}");
        assertThat(get(mine, PORT, "/").status()).isEqualTo(401);
        assertThat(get(mine, PORT, "/", "X-API-Key: wrn_" + "0".repeat(32)).status())
                .isEqualTo(403);
        assertThat(get(mine, PORT, "/", "X-API-Key: " + api.key()).status()).isEqualTo(502);
        var url = wrenn.client(new byte[0], "url", mine, String.valueOf(PORT)).ok().text().strip();
        var query = url.substring(url.indexOf('?'));
        assertThat(get(mine, PORT, "/" + query).status())
                .isEqualTo(502); // in, where nobody listens
        assertThat(get(mine, PORT + 1, "/" + query).status()).isEqualTo(403);
        api.destroy(mine);
    }

    @Test
    void anOpenSocketIsActivityAndEndsWithThePause() throws Exception {
        var other = api.create("{\"timeout_sec\":4}");
        api.output(other, SERVER);
        serve(other, "0.0.0.0", PORT);
        try (var client = webSocket(client(other, PORT))) {
            echo(client, "hello");
            Eventually.settled(SOON, Duration.ofSeconds(10), () -> api.status(other));
            assertThat(api.status(other)).isEqualTo("running");
            echo(client, "still here");
        }
        api.awaitStatus(other, "paused", SOON);
        assertThat(get(other, PORT, "/").status()).isEqualTo(409);

        api.post("/v1/capsules/" + other + "/resume", "").expect(200);
        api.awaitStatus(other, "running", SOON);
        try (var client = webSocket(client(other, PORT))) {
            echo(client, "again");
            api.post("/v1/capsules/" + other + "/pause", "").expect(200);
            assertThatThrownBy(
                            () -> {
                                if (client.in().read() < 0) throw new IOException("ended");
                            })
                    .isInstanceOf(IOException.class);
        }
        api.send("PATCH", "/v1/capsules/" + other + "/proxy", "{\"auto_resume\":true}").expect(200);
        assertThat(get(other, PORT, "/").status()).isEqualTo(200);
        api.destroy(other);
    }
}
