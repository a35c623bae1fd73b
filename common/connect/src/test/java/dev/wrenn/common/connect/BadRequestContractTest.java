package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Map;
import java.util.Random;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.ContentResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the server makes of requests that no proper client sends.
@Timeout(60)
class BadRequestContractTest {
    private static final String UNARY = Peer.UNARY.path();
    private static final String STREAM = Peer.STREAM.path();

    private static Peer peer;

    @BeforeAll
    static void start() {
        peer = new Peer();
    }

    @AfterAll
    static void stop() throws Exception {
        peer.close();
    }

    @Test
    void plainJsonIsEnough() throws Exception {
        var answer =
                post(UNARY, "application/json; charset=utf-8", text("{\"text\":\"a\"}"), Map.of());
        assertThat(answer.getStatus()).isEqualTo(200);
        assertThat(answer.getContentAsString()).contains("\"text\":\"a\"");
        assertThat(answer.getHeaders().get("Trailer-x-trail")).isEqualTo("trail");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH"})
    void otherMethodsAreNotAllowed(String method) throws Exception {
        var answer = peer.http.newRequest(peer.uri().resolve(UNARY)).method(method).send();
        assertThat(answer.getStatus()).isEqualTo(405);
        assertThat(answer.getHeaders().get("Allow")).isEqualTo("POST");
    }

    @Test
    void unknownProcedures() throws Exception {
        var answer = post("/wrenn.peer.v1.Peer/Nothing", "application/json", text("{}"), Map.of());
        assertThat(answer.getStatus()).isEqualTo(404);
        assertThat(answer.getContentAsString()).contains("\"code\":\"unimplemented\"");
        assertThat(post("/other.Service/X", "application/json", text("{}"), Map.of()).getStatus())
                .isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/connect+json",
                "application/grpc",
                "application/json; charset=latin1"
            })
    void otherContentTypes(String type) throws Exception {
        var answer = post(UNARY, type, text("{}"), Map.of());
        assertThat(answer.getStatus()).isEqualTo(415);
        assertThat(answer.getHeaders().get("Accept-Post"))
                .isEqualTo("application/proto, application/json");
        assertThat(post(STREAM, "application/json", text("{}"), Map.of()).getStatus())
                .isEqualTo(415);
    }

    @Test
    void compressionIsRefusedPolitely() throws Exception {
        var unary = post(UNARY, "application/json", text("x"), Map.of("Content-Encoding", "gzip"));
        assertThat(unary.getStatus()).isEqualTo(501);
        assertThat(unary.getContentAsString()).contains("unimplemented", "gzip", "identity");
        assertThat(unary.getHeaders().get("Accept-Encoding")).isEqualTo("identity");
        var stream =
                post(
                        STREAM,
                        "application/connect+json",
                        frame(1, "x"),
                        Map.of("Connect-Content-Encoding", "gzip"));
        assertThat(end(stream)).contains("unimplemented", "gzip", "identity");
        assertThat(stream.getHeaders().get("Connect-Accept-Encoding")).isEqualTo("identity");
        var identity =
                post(UNARY, "application/json", text("{}"), Map.of("Content-Encoding", "identity"));
        assertThat(identity.getStatus()).isEqualTo(200);
    }

    @Test
    void framesThatAreNone() throws Exception {
        assertThat(stream(frame(1, "{}"))).contains("\"internal\"");
        assertThat(stream(frame(64, "{}"))).contains("\"internal\"");
        assertThat(stream(frame(2, "{}"))).contains("\"unimplemented\"");
        assertThat(stream(new byte[0])).contains("\"unimplemented\"");
        assertThat(stream(new byte[] {0, 0, 0})).contains("\"invalid_argument\"");
        assertThat(stream(new byte[] {0, 0, 0, 0, 9, '{', '}'})).contains("\"invalid_argument\"");
        assertThat(stream(frame(0, "[]"))).contains("\"invalid_argument\"");
        assertThat(stream(new byte[] {0, -1, -1, -1, -1})).contains("\"resource_exhausted\"");
        var two = new ByteArrayOutputStream();
        two.write(frame(0, "{}"));
        two.write(frame(0, "{}"));
        assertThat(stream(two.toByteArray())).contains("\"unimplemented\"");
        assertThat(stream(frame(0, "{}"))).isEqualTo("{\"metadata\":{\"x-trail\":[\"trail\"]}}");
    }

    @Test
    void messagesThatAreNone() throws Exception {
        assertError(400, "invalid_argument", post(UNARY, "application/json", text("{"), Map.of()));
        assertError(400, "invalid_argument", post(UNARY, "application/proto", text("{"), Map.of()));
        assertError(
                429,
                "resource_exhausted",
                post(UNARY, "application/proto", new byte[Peer.LIMIT + 1], Map.of()));
    }

    @Test
    void headersOfTheProtocol() throws Exception {
        for (var bad : new String[] {"x", "", "99999999999", "-1"})
            assertError(
                    400,
                    "invalid_argument",
                    post(UNARY, "application/json", text("{}"), Map.of("Connect-Timeout-Ms", bad)));
        assertError(
                400,
                "invalid_argument",
                post(
                        UNARY,
                        "application/json",
                        text("{}"),
                        Map.of("Connect-Protocol-Version", "2")));
        var late =
                post(
                        UNARY,
                        "application/json",
                        text("{\"delayMs\":600000}"),
                        Map.of("Connect-Timeout-Ms", "100"));
        assertError(504, "deadline_exceeded", late);
        var stream =
                post(
                        STREAM,
                        "application/connect+json",
                        frame(0, "{\"delayMs\":600000,\"count\":1}"),
                        Map.of("Connect-Timeout-Ms", "100"));
        assertThat(end(stream)).contains("deadline_exceeded");
    }

    @Test
    void randomBodiesAreAnswered() throws Exception {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            var body = new byte[random.nextInt(80)];
            random.nextBytes(body);
            if (body.length > 4 && random.nextBoolean()) body[0] = body[1] = body[2] = body[3] = 0;
            for (var codec : new String[] {"proto", "json"}) {
                assertThat(
                                post(
                                                UNARY,
                                                "application/" + codec,
                                                body,
                                                Map.of("Connect-Timeout-Ms", "50"))
                                        .getStatus())
                        .as("seed %d", seed)
                        .isIn(200, 400, 429, 504, 499, 401, 403, 404, 409, 500, 501, 503);
                assertThat(
                                post(
                                                STREAM,
                                                "application/connect+" + codec,
                                                body,
                                                Map.of("Connect-Timeout-Ms", "50"))
                                        .getStatus())
                        .as("seed %d", seed)
                        .isEqualTo(200);
            }
        }
    }

    private static void assertError(int status, String code, ContentResponse answer) {
        assertThat(answer.getContentAsString()).contains("\"code\":\"" + code + "\"");
        assertThat(answer.getStatus()).isEqualTo(status);
        assertThat(answer.getHeaders().get("Content-Type")).startsWith("application/json");
    }

    private static String stream(byte[] body) throws Exception {
        return end(post(STREAM, "application/connect+json", body, Map.of()));
    }

    /// Data of the last frame of a response that has only that one.
    private static String end(ContentResponse answer) {
        assertThat(answer.getStatus()).isEqualTo(200);
        assertThat(answer.getHeaders().get("Content-Type")).isEqualTo("application/connect+json");
        var bytes = answer.getContent();
        assertThat(bytes[0]).isEqualTo((byte) 2);
        return new String(bytes, Envelope.HEAD, bytes.length - Envelope.HEAD, UTF_8);
    }

    private static ContentResponse post(
            String path, String type, byte[] body, Map<String, String> headers) throws Exception {
        return peer.http
                .newRequest(peer.uri().resolve(path))
                .method("POST")
                .headers(fields -> headers.forEach(fields::put))
                .body(new BytesRequestContent(type, body))
                .send();
    }

    private static byte[] text(String value) {
        return value.getBytes(UTF_8);
    }

    private static byte[] frame(int flags, String data) {
        var frame = new byte[Envelope.HEAD + data.length()];
        System.arraycopy(text(data), 0, frame, Envelope.HEAD, data.length());
        return Envelope.head(flags, frame);
    }
}
