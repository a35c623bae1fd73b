package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wrenn.contracts.peer.v1.StreamRequest;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import org.eclipse.jetty.client.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What the client makes of answers that no proper server sends: a socket that says them verbatim.
@Timeout(60)
class BadResponseContractTest {
    private static final String STREAM_TYPE = "Content-Type: application/connect+proto";

    private static HttpClient http;

    @BeforeAll
    static void start() {
        http = ConnectHttp.client("bad-response", Duration.ofSeconds(5));
    }

    @AfterAll
    static void stop() throws Exception {
        http.stop();
    }

    @ParameterizedTest
    @CsvSource({
        "400,INTERNAL",
        "401,UNAUTHENTICATED",
        "403,PERMISSION_DENIED",
        "404,UNIMPLEMENTED",
        "405,UNKNOWN",
        "415,UNKNOWN",
        "429,UNAVAILABLE",
        "500,UNKNOWN",
        "502,UNAVAILABLE",
        "503,UNAVAILABLE",
        "504,UNAVAILABLE",
        "302,UNKNOWN",
        "204,UNKNOWN"
    })
    void plainHttpErrorsAreMapped(int status, Code code) throws Exception {
        var body = status == 204 ? "" : "<html>";
        assertThat(unary(answer(status, "Content-Type: text/html", body)).code()).isEqualTo(code);
        assertThat(stream(answer(status, "Content-Type: text/html", body)).code()).isEqualTo(code);
    }

    @Test
    void errorsKeepTheirCodeWhateverTheStatus() throws Exception {
        var error =
                unary(
                        answer(
                                418,
                                "Content-Type: application/json",
                                "{\"code\":\"aborted\",\"message\":\"m\"}"));
        assertThat(error.code()).isEqualTo(Code.ABORTED);
        assertThat(error).hasMessage("m");
        assertThat(unary(answer(503, "Content-Type: application/json", "{\"code\":\"?\"}")).code())
                .isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void contentTypesAndCompression() throws Exception {
        assertThat(unary(answer(200, "Content-Type: application/json", "{}")).code())
                .isEqualTo(Code.INTERNAL);
        assertThat(unary(answer(200, "Content-Type: text/html", "<html>")).code())
                .isEqualTo(Code.UNKNOWN);
        assertThat(unary(answer(200, "X: y", "")).code()).isEqualTo(Code.UNKNOWN);
        assertThat(
                        unary(
                                        answer(
                                                200,
                                                "Content-Type: application/proto\r\nContent-Encoding: gzip",
                                                "x"))
                                .code())
                .isEqualTo(Code.INTERNAL);
        assertThat(stream(answer(200, "Content-Type: application/proto", "")).code())
                .isEqualTo(Code.INTERNAL);
        assertThat(
                        stream(
                                        answer(
                                                200,
                                                STREAM_TYPE + "\r\nConnect-Content-Encoding: gzip",
                                                frame(2, "{}")))
                                .code())
                .isEqualTo(Code.INTERNAL);
    }

    @Test
    void brokenUnaryBodies() throws Exception {
        assertThat(unary(answer(200, "Content-Type: application/proto", "\377\377")).code())
                .isEqualTo(Code.INTERNAL);
        var tooLong =
                "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 99999999999\r\n\r\n";
        assertThat(unary(tooLong).code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        var cut =
                "HTTP/1.1 200 OK\r\nContent-Type: application/proto\r\nContent-Length: 10\r\n\r\nabc";
        assertThat(unary(cut).code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(unary("").code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(unary("nonsense\r\n\r\n").code()).isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void brokenStreams() throws Exception {
        assertThat(frames("").code()).isEqualTo(Code.INTERNAL); // no end-stream frame
        assertThat(frames(frame(0, "")).code()).isEqualTo(Code.INTERNAL);
        assertThat(frames("\0\0\0").code()).isEqualTo(Code.INTERNAL);
        assertThat(frames("\0\0\0\0\5ab").code()).isEqualTo(Code.INTERNAL);
        assertThat(frames(frame(1, "") + frame(2, "{}")).code()).isEqualTo(Code.INTERNAL);
        assertThat(frames(frame(9, "")).code()).isEqualTo(Code.INTERNAL);
        assertThat(frames(frame(2, "<html>")).code()).isEqualTo(Code.INTERNAL);
        assertThat(frames(frame(2, "{}") + "more").code()).isEqualTo(Code.INTERNAL);
        assertThat(frames(frame(0, "\377\377") + frame(2, "{}")).code()).isEqualTo(Code.INTERNAL);
        assertThat(frames("\0\377\377\377\377").code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
        assertThat(frames(frame(2, "{\"error\":{\"code\":\"data_loss\"}}")).code())
                .isEqualTo(Code.DATA_LOSS);
        assertThat(frames(frame(2, "{}"))).isNull();
    }

    @Test
    void nobodyListens() throws Exception {
        int port;
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        try (var client = client(port)) {
            assertThat(call(client).code()).isEqualTo(Code.UNAVAILABLE);
        }
    }

    private static ConnectException frames(String body) throws Exception {
        return stream(answer(200, STREAM_TYPE, body));
    }

    private static ConnectException unary(String response) throws Exception {
        try (var server = new Saying(response);
                var client = client(server.port())) {
            return call(client);
        }
    }

    private static ConnectException stream(String response) throws Exception {
        try (var server = new Saying(response);
                var client = client(server.port());
                var stream =
                        client.stream(
                                Peer.STREAM,
                                StreamRequest.getDefaultInstance(),
                                CallOptions.none())) {
            return catchThrowableOfType(
                    ConnectException.class,
                    () -> {
                        while (stream.next() != null) {}
                    });
        }
    }

    private static ConnectException call(ConnectClient client) {
        return catchThrowableOfType(
                ConnectException.class,
                () ->
                        client.unary(
                                Peer.UNARY,
                                UnaryRequest.getDefaultInstance(),
                                CallOptions.timeout(Duration.ofSeconds(20))));
    }

    private static ConnectClient client(int port) {
        return new ConnectClient(
                http, URI.create("http://127.0.0.1:" + port + "/"), Codec.PROTO, Map.of());
    }

    private static String answer(int status, String headers, String body) {
        var length = status == 204 ? "" : "Content-Length: " + body.length() + "\r\n";
        return "HTTP/1.1 " + status + " Said\r\n" + length + headers + "\r\n\r\n" + body;
    }

    private static String frame(int flags, String data) {
        var frame = new byte[Envelope.HEAD + data.length()];
        System.arraycopy(data.getBytes(ISO_8859_1), 0, frame, Envelope.HEAD, data.length());
        return new String(Envelope.head(flags, frame), ISO_8859_1);
    }

    /// Reads the head of each request, says its one thing and hangs up.
    private static final class Saying implements AutoCloseable {
        private final ServerSocket socket;

        Saying(String response) throws IOException {
            socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            Thread.startVirtualThread(() -> {
                try {
                    while (true) {
                        var peer = socket.accept();
                        Thread.startVirtualThread(() -> say(peer, response));
                    }
                } catch (IOException e) {
                    // the test is over
                }
            });
        }

        private static void say(Socket peer, String response) {
            try (peer) {
                var in = peer.getInputStream();
                var head = new StringBuilder();
                while (head.indexOf("\r\n\r\n") < 0) {
                    int c = in.read();
                    if (c < 0) return; // a connection that was not needed
                    head.append((char) c);
                }
                var length = head.toString().replaceAll("(?is).*content-length: (\\d+).*", "$1");
                in.readNBytes(Integer.parseInt(length));
                peer.getOutputStream().write(response.getBytes(ISO_8859_1));
            } catch (IOException e) {
                // the client hung up first
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
