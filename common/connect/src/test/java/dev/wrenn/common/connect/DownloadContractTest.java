package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Bodies of downloads, read from a socket that says them piece by piece.
@Timeout(60)
class DownloadContractTest {
    private static final Duration STALL = Duration.ofSeconds(20);
    private static final Refusals NONE = (_, _) -> new ConnectException(Code.UNKNOWN, "refused");

    private static HttpClient http;

    @BeforeAll
    static void start() {
        http = ConnectHttp.client("download", Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        http.stop();
    }

    @Test
    void everyByteArrivesOnceForSpacesOfAnySize() throws Exception {
        var random = new SplittableRandom(7);
        var body = new byte[300_000];
        random.nextBytes(body);
        for (int space : new int[] {1, 100, 4096, 1 << 20}) {
            try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                    var client = client(server);
                    var saying = new Saying(server, body.length)) {
                try (var download = client.download("/file", NONE, STALL)) {
                    saying.say(body);
                    var got = new byte[body.length];
                    int n = 0;
                    while (n < got.length) {
                        int more = download.read(got, n, Math.min(space, got.length - n));
                        assertThat(more).isBetween(1, space);
                        n += more;
                    }
                    assertThat(Arrays.equals(got, body)).isTrue();
                    assertThat(download.read(got, 0, 1)).isEqualTo(-1);
                    assertThat(download.read(got, 0, 1)).isEqualTo(-1);
                }
            }
        }
    }

    /// What is there is given at once, though there is space for more.
    @Test
    void nobodyWaitsForWhatIsNotThereYet() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = client(server);
                var saying = new Saying(server, 6)) {
            try (var download = client.download("/file", NONE, STALL)) {
                var space = new byte[64];
                saying.say("abc".getBytes(US_ASCII));
                assertThat(read(download, space, 3)).isEqualTo("abc");
                saying.say("def".getBytes(US_ASCII));
                assertThat(read(download, space, 3)).isEqualTo("def");
                assertThat(download.read(space, 0, 64)).isEqualTo(-1);
            }
        }
    }

    /// Fault: the peer hangs up in the middle.
    @Test
    void whatCameBeforeABreakIsGivenAndThenTheBreak() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var client = client(server);
                var saying = new Saying(server, 100)) {
            try (var download = client.download("/file", NONE, STALL)) {
                saying.say("abcdef".getBytes(US_ASCII));
                var space = new byte[64];
                assertThat(read(download, space, 6)).isEqualTo("abcdef");
                saying.hangUp();
                for (int i = 0; i < 2; i++) {
                    var broken =
                            catchThrowableOfType(
                                    ConnectException.class, () -> download.read(space, 0, 64));
                    assertThat(broken.code()).isEqualTo(Code.UNAVAILABLE);
                }
            }
        }
    }

    private static String read(Download download, byte[] space, int count) {
        int n = 0;
        while (n < count) {
            int more = download.read(space, n, space.length - n);
            assertThat(more).isPositive();
            n += more;
        }
        return new String(space, 0, n, US_ASCII);
    }

    private static ConnectClient client(ServerSocket server) {
        var base = URI.create("http://127.0.0.1:" + server.getLocalPort() + "/");
        return new ConnectClient(http, base, Codec.PROTO, Map.of());
    }

    /// Answers one request with a body that is said bit by bit.
    private static final class Saying implements AutoCloseable {
        private final CountDownLatch answered = new CountDownLatch(1);
        private volatile Socket peer;

        Saying(ServerSocket server, int length) {
            Thread.startVirtualThread(() -> {
                try {
                    peer = server.accept();
                    var head = new StringBuilder();
                    while (head.indexOf("\r\n\r\n") < 0)
                        head.append((char) peer.getInputStream().read());
                    say(
                            ("HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n")
                                    .getBytes(US_ASCII));
                    answered.countDown();
                } catch (IOException e) {
                    // the test is over
                }
            });
        }

        void say(byte[] bytes) throws IOException {
            peer.getOutputStream().write(bytes);
        }

        void hangUp() throws Exception {
            assertThat(answered.await(10, TimeUnit.SECONDS)).isTrue();
            peer.close();
        }

        @Override
        public void close() throws IOException {
            if (peer != null) peer.close();
        }
    }
}
