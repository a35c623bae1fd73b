package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wrenn.contracts.peer.v1.StreamRequest;
import dev.wrenn.contracts.peer.v1.StreamResponse;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Deadlines, cancellation from both sides, and slow readers.
@Timeout(60)
class EndingsContractTest {
    private static final int LONG_MS = 600_000;

    private Peer peer;
    private ConnectClient client;

    @BeforeEach
    void start() {
        peer = new Peer();
        client = peer.client(Codec.PROTO);
    }

    @AfterEach
    void stop() throws Exception {
        client.close();
        peer.close();
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void deadlineOfUnaryCalls(Codec codec) throws Exception {
        try (var other = peer.client(codec)) {
            var request = UnaryRequest.newBuilder().setDelayMs(LONG_MS).build();
            var options = CallOptions.timeout(Duration.ofMillis(150));
            assertThat(code(() -> other.unary(Peer.UNARY, request, options)))
                    .isEqualTo(Code.DEADLINE_EXCEEDED);
            assertThat(peer.event()).isEqualTo("waiting");
            assertThat(peer.event()).isEqualTo("canceled"); // the server noticed by itself
        }
    }

    @Test
    void deadlineOfStreams() throws Exception {
        var request = StreamRequest.newBuilder().setCount(5).setDelayMs(LONG_MS).build();
        var options = CallOptions.timeout(Duration.ofMillis(150));
        try (var stream = client.stream(Peer.STREAM, request, options)) {
            assertThat(code(stream::next)).isEqualTo(Code.DEADLINE_EXCEEDED);
        }
        assertThat(peer.event()).isEqualTo("waiting");
        var first = peer.event(); // of the timer's thread and the handler's
        assertThat(java.util.List.of(first, peer.event()))
                .containsExactlyInAnyOrder("canceled", "interrupted");
    }

    @Test
    void deadlineWhileTheReaderIsSlow() throws Exception {
        var request = StreamRequest.newBuilder().setCount(1000).setSize(1 << 20).build();
        var options = CallOptions.timeout(Duration.ofMillis(500));
        try (var stream = client.stream(Peer.STREAM, request, options)) {
            assertThat(stream.next()).isNotNull();
            // The sender was stuck. Its end and the timer's word come from two threads.
            var first = peer.event();
            if (!first.equals("canceled")) {
                assertThat(first).isEqualTo("send: deadline_exceeded");
                assertThat(peer.event()).isEqualTo("canceled");
            }
            assertThat(
                            code(() -> {
                                while (stream.next() != null) {}
                            }))
                    .isIn(Code.DEADLINE_EXCEEDED, Code.INTERNAL, Code.UNAVAILABLE);
        }
        assertThat(peer.sent.get()).isLessThan(100);
    }

    @Test
    void passedAndNegativeTimeouts() {
        var request = UnaryRequest.getDefaultInstance();
        assertThat(
                        code(() ->
                                client.unary(
                                        Peer.UNARY,
                                        request,
                                        CallOptions.timeout(Duration.ofMillis(-1)))))
                .isEqualTo(Code.DEADLINE_EXCEEDED);
        assertThat(
                        code(() ->
                                client.unary(
                                        Peer.UNARY,
                                        request,
                                        CallOptions.timeout(Duration.ofNanos(1)))))
                .isEqualTo(Code.DEADLINE_EXCEEDED);
    }

    @Test
    void closingAStreamStopsItsServer() throws Exception {
        var request = StreamRequest.newBuilder().setCount(Integer.MAX_VALUE).setSize(1000).build();
        try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
            for (int i = 0; i < 3; i++) assertThat(stream.next().getIndex()).isEqualTo(i);
            stream.close();
            assertThat(code(stream::next)).isEqualTo(Code.CANCELED);
        }
        assertThat(peer.event()).isEqualTo("canceled");
        assertThat(peer.event()).isEqualTo("send: canceled");
    }

    @Test
    void closingWakesABlockedReader() throws Exception {
        var request = StreamRequest.newBuilder().setCount(1).setDelayMs(LONG_MS).build();
        var stream = client.stream(Peer.STREAM, request, CallOptions.none());
        var outcome = CompletableFuture.supplyAsync(() -> code(stream::next));
        assertThat(peer.event()).isEqualTo("waiting");
        stream.close();
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Code.CANCELED);
    }

    @Test
    void closingTheClientEndsItsCalls() throws Exception {
        var request = UnaryRequest.newBuilder().setDelayMs(LONG_MS).build();
        var outcome =
                CompletableFuture.supplyAsync(
                        () -> code(() -> client.unary(Peer.UNARY, request, CallOptions.none())));
        assertThat(peer.event()).isEqualTo("waiting");
        client.close();
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Code.CANCELED);
    }

    @Test
    void interruptingTheCallerCancels() throws Exception {
        var outcome = new CompletableFuture<String>();
        var request = UnaryRequest.newBuilder().setDelayMs(LONG_MS).build();
        var caller =
                Thread.startVirtualThread(() -> {
                    var code = code(() -> client.unary(Peer.UNARY, request, CallOptions.none()));
                    outcome.complete(code + " " + Thread.currentThread().isInterrupted());
                });
        assertThat(peer.event()).isEqualTo("waiting");
        caller.interrupt();
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo("CANCELED true");
    }

    @Test
    void aStoppingServerEndsCallsWithUnavailable() throws Exception {
        var request = StreamRequest.newBuilder().setCount(1).setDelayMs(LONG_MS).build();
        try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
            var outcome = CompletableFuture.supplyAsync(() -> code(stream::next));
            assertThat(peer.event()).isEqualTo("waiting");
            peer.server.close();
            assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Code.UNAVAILABLE);
        }
        assertThat(
                        code(() ->
                                client.unary(
                                        Peer.UNARY,
                                        UnaryRequest.getDefaultInstance(),
                                        CallOptions.none())))
                .isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void aStoppingServerLetsUnaryCallsFinish() throws Exception {
        var request = UnaryRequest.newBuilder().setDelayMs(300).setText("done").build();
        var answer =
                CompletableFuture.supplyAsync(
                        () -> client.unary(Peer.UNARY, request, CallOptions.none()).getText());
        assertThat(peer.event()).isEqualTo("waiting");
        peer.server.close();
        assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("done");
    }

    @Test
    void aStoppingServerInterruptsUnaryCallsThatTakeTooLong() throws Exception {
        var request = UnaryRequest.newBuilder().setDelayMs(LONG_MS).build();
        var outcome =
                CompletableFuture.supplyAsync(
                        () -> code(() -> client.unary(Peer.UNARY, request, CallOptions.none())));
        assertThat(peer.event()).isEqualTo("waiting");
        peer.server.close();
        assertThat(peer.event()).isEqualTo("canceled");
        assertThat(outcome.get(10, TimeUnit.SECONDS)).isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void silenceIsNoticedWhenAskedFor() {
        var request = StreamRequest.newBuilder().setCount(1).setDelayMs(LONG_MS).build();
        var options = CallOptions.none().withIdle(Duration.ofMillis(100));
        try (var stream = client.stream(Peer.STREAM, request, options)) {
            assertThat(code(stream::next)).isEqualTo(Code.UNAVAILABLE);
        }
    }

    @Test
    void aSlowReaderHoldsTheSenderUp() {
        int count = 1000; // 1 GB in all, twice the heap of the tests
        var request = StreamRequest.newBuilder().setCount(count).setSize(1 << 20).build();
        try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
            for (int read = 1; read <= count; read++) {
                assertThat(stream.next()).isNotNull();
                assertThat(peer.sent.get()).isLessThan(read + 40); // socket buffers
            }
            assertThat(stream.next()).isNull();
        }
    }

    @Test
    void messagesOfTwoThreadsDoNotMix() throws Exception {
        var method =
                Method.serverStream(
                        "t.T",
                        "Two",
                        StreamRequest.getDefaultInstance(),
                        StreamResponse.getDefaultInstance());
        var service =
                ConnectService.builder().stream(
                                method,
                                (_, _, out) -> {
                                    var done = new CountDownLatch(1);
                                    Thread.startVirtualThread(() -> {
                                        send(out, 1);
                                        done.countDown();
                                    });
                                    send(out, 2);
                                    done.await();
                                })
                        .build();
        try (var server = ConnectServer.builder().service(service).start();
                var other =
                        new ConnectClient(
                                peer.http,
                                java.net.URI.create("http://127.0.0.1:" + server.port()),
                                Codec.PROTO,
                                java.util.Map.of());
                var stream =
                        other.stream(
                                method, StreamRequest.getDefaultInstance(), CallOptions.none())) {
            int total = 0;
            for (StreamResponse m; (m = stream.next()) != null; total++)
                assertThat(m.getPadding()).isEqualTo(Peer.padding(m.getIndex() * 20_000));
            assertThat(total).isEqualTo(400);
        }
    }

    private static void send(ResponseStream<StreamResponse> out, int index) {
        var padding = Peer.padding(index * 20_000);
        for (int i = 0; i < 200; i++)
            out.send(StreamResponse.newBuilder().setIndex(index).setPadding(padding).build());
    }

    private static Code code(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        return catchThrowableOfType(ConnectException.class, call).code();
    }
}
