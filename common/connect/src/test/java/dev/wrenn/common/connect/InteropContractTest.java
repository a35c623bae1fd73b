package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.fail;

import dev.wrenn.contracts.peer.v1.StreamRequest;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Against the `connectrpc` crate of Rust, in both directions.
@Timeout(120)
class InteropContractTest {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final int LARGE = 4 << 20;

    private static Peer peer; // our server, and an HTTP client
    private static Process rust; // their server
    private static URI rustUri;

    @BeforeAll
    static void start() throws Exception {
        peer = new Peer();
        rust =
                new ProcessBuilder(binary(), "server")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        rustUri = URI.create("http://127.0.0.1:" + rust.inputReader().readLine().strip());
    }

    @AfterAll
    static void stop() throws Exception {
        if (rust != null) {
            rust.outputWriter().close(); // its sign to end
            assertThat(rust.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        peer.close();
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void ourClientCallsTheirServer(Codec codec) {
        try (var client = rust(codec)) {
            var request = UnaryRequest.newBuilder().setText("h\u2603").setSize(LARGE).build();
            var answer =
                    client.unary(Peer.UNARY, request, CallOptions.timeout(Duration.ofSeconds(30)));
            assertThat(answer.getText()).isEqualTo("h\u2603");
            assertThat(answer.getPadding()).isEqualTo(Peer.padding(LARGE));
            assertThat(answer.getRemainingMs()).isBetween(1L, 30_000L);
            assertThat(answer.getHeader()).isEqualTo("java");

            var slow = UnaryRequest.newBuilder().setDelayMs(60_000).build();
            var error =
                    failure(() ->
                            client.unary(
                                    Peer.UNARY, slow, CallOptions.timeout(Duration.ofMillis(200))));
            assertThat(error.code()).isEqualTo(Code.DEADLINE_EXCEEDED);

            for (var code : Code.values()) {
                var failing =
                        UnaryRequest.newBuilder().setCode(code.number()).setText("why").build();
                error = failure(() -> client.unary(Peer.UNARY, failing, CallOptions.none()));
                assertThat(error.code()).isEqualTo(code);
                assertThat(error).hasMessage("why");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void ourClientStreamsFromTheirServer(Codec codec) {
        try (var client = rust(codec)) {
            for (var size : new int[] {0, 256 << 10}) {
                var request =
                        StreamRequest.newBuilder().setText("t").setCount(64).setSize(size).build();
                try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                    for (int i = 0; i < 64; i++) {
                        var message = stream.next();
                        assertThat(message.getIndex()).isEqualTo(i);
                        assertThat(message.getPadding()).isEqualTo(Peer.padding(size));
                    }
                    assertThat(stream.next()).isNull();
                }
            }
            for (var code : Code.values()) {
                for (int after : new int[] {0, 2}) {
                    var request =
                            StreamRequest.newBuilder()
                                    .setText("why")
                                    .setCount(5)
                                    .setFailAfter(after)
                                    .setCode(code.number())
                                    .build();
                    try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                        for (int i = 0; i < after; i++) assertThat(stream.next()).isNotNull();
                        var error = failure(stream::next);
                        assertThat(error.code()).isEqualTo(code);
                        assertThat(error).hasMessage("why");
                    }
                }
            }
            var endless = StreamRequest.newBuilder().setCount(1_000_000).setDelayMs(1).build();
            try (var stream = client.stream(Peer.STREAM, endless, CallOptions.none())) {
                assertThat(stream.next().getIndex()).isZero();
            }
            var slow = StreamRequest.newBuilder().setCount(2).setDelayMs(60_000).build();
            try (var stream =
                    client.stream(Peer.STREAM, slow, CallOptions.timeout(Duration.ofMillis(200)))) {
                assertThat(failure(stream::next).code()).isEqualTo(Code.DEADLINE_EXCEEDED);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theirClientCallsOurServer(Codec codec) throws Exception {
        var lines = run(codec, "unary");
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0).path("text").asString()).isEqualTo("h\u2603");
        assertThat(lines.get(0).path("header").asString()).isEqualTo("connectrpc");
        assertThat(lines.get(0).path("remaining_ms").asInt()).isEqualTo(-1);
        assertThat(lines.get(1).toString()).isEqualTo("{\"kind\":\"end\"}");

        var large = run(codec, "unary-large").getFirst();
        assertThat(large.path("size").asInt()).isEqualTo(LARGE);
        assertThat(large.path("padding_ok").asBoolean()).isTrue();
        assertThat(end(codec, "unary-timeout").path("code").asString())
                .isEqualTo("deadline_exceeded");
        assertThat(run(codec, "unary-deadline").getFirst().path("remaining_ms").asInt())
                .isBetween(1, 30_000);
        for (var code : Code.values()) {
            var end = end(codec, "unary-error:" + code.wire());
            assertThat(end.path("code").asString()).isEqualTo(code.wire());
            assertThat(end.path("message").asString()).isEqualTo("h\u2603");
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void theirClientStreamsFromOurServer(Codec codec) throws Exception {
        var lines = run(codec, "stream");
        assertThat(lines).hasSize(6);
        for (int i = 0; i < 5; i++) assertThat(lines.get(i).path("index").asInt()).isEqualTo(i);
        assertThat(lines.getLast().toString()).isEqualTo("{\"kind\":\"end\"}");
        assertThat(run(codec, "stream-empty")).hasSize(1);
        var large = run(codec, "stream-large");
        assertThat(large).hasSize(65);
        assertThat(large.get(63).path("padding_ok").asBoolean()).isTrue();
        for (var code : Code.values()) {
            var some = run(codec, "stream-error:" + code.wire());
            assertThat(some).hasSize(3);
            assertThat(some.getLast().path("code").asString()).isEqualTo(code.wire());
            assertThat(some.getLast().path("message").asString()).isEqualTo("h\u2603");
            var first = run(codec, "stream-error-first:" + code.wire());
            assertThat(first).hasSize(1);
            assertThat(first.getLast().path("code").asString()).isEqualTo(code.wire());
        }
        assertThat(end(codec, "stream-timeout").path("code").asString())
                .isEqualTo("deadline_exceeded");
        assertThat(end(codec, "stream-cancel").path("canceled").asBoolean()).isTrue();
        var event = peer.event();
        while (!event.equals("send: canceled") && !event.equals("nothing")) event = peer.event();
        assertThat(event).isEqualTo("send: canceled"); // our handler noticed that they left
    }

    private static ConnectClient rust(Codec codec) {
        return new ConnectClient(peer.http, rustUri, codec, Map.of("x-peer", "java"));
    }

    private static JsonNode end(Codec codec, String scenario) throws Exception {
        return run(codec, scenario).getLast();
    }

    private static List<JsonNode> run(Codec codec, String scenario) throws Exception {
        var name = codec == Codec.PROTO ? "proto" : "json";
        var process =
                new ProcessBuilder(
                                binary(),
                                "client",
                                peer.uri().toString(),
                                scenario,
                                "--codec",
                                name,
                                "--text",
                                "h\u2603")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        process.outputWriter().close();
        List<JsonNode> lines;
        try (var out = process.inputReader()) {
            lines = out.lines().map(MAPPER::readTree).toList();
        }
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(scenario).isZero();
        assertThat(lines).as(scenario).isNotEmpty();
        return lines;
    }

    private static String binary() {
        var root = System.getProperty("wrenn.root");
        if (root == null)
            fail("system property wrenn.root is not set: run this test through Maven");
        var binary = Path.of(root, "native/target/release/connect-peer");
        if (!Files.isExecutable(binary))
            fail(binary + " is missing: run `cargo build --release -p connect-peer` in native/");
        return binary.toString();
    }

    private static ConnectException failure(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var error = catchThrowableOfType(ConnectException.class, call);
        assertThat(error).isNotNull();
        return error;
    }
}
