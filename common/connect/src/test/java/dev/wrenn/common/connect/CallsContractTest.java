package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wrenn.contracts.peer.v1.StreamRequest;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CallsContractTest {
    private static Peer peer;

    @BeforeAll
    static void start() {
        peer = new Peer();
    }

    @AfterAll
    static void stop() throws Exception {
        peer.close();
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void unary(Codec codec) {
        try (var client = peer.client(codec)) {
            var request = UnaryRequest.newBuilder().setText("h\u2603").setSize(4 << 20).build();
            var answer = client.unary(Peer.UNARY, request, CallOptions.none());
            assertThat(answer.getText()).isEqualTo("h\u2603");
            assertThat(answer.getPadding()).isEqualTo(Peer.padding(4 << 20));
            assertThat(answer.getRemainingMs()).isEqualTo(-1);
            assertThat(answer.getHeader()).isEqualTo("java");
            var options = new CallOptions(Duration.ofSeconds(30), Map.of("x-peer", "mine"));
            answer = client.unary(Peer.UNARY, request, options);
            assertThat(answer.getRemainingMs()).isBetween(1L, 30_000L);
            assertThat(answer.getHeader()).isEqualTo("mine");
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void everyErrorOfBothKinds(Codec codec) {
        try (var client = peer.client(codec)) {
            for (var code : Code.values()) {
                var unary = UnaryRequest.newBuilder().setCode(code.number()).setText("why").build();
                var error = failure(() -> client.unary(Peer.UNARY, unary, CallOptions.none()));
                assertThat(error.code()).isEqualTo(code);
                assertThat(error).hasMessage("why");
                assertThat(error.metadata())
                        .containsEntry("x-lead", List.of("lead"))
                        .containsEntry("x-trail", List.of("trail"));
                for (int after : new int[] {0, 2}) {
                    var request =
                            StreamRequest.newBuilder()
                                    .setText("why")
                                    .setCode(code.number())
                                    .setFailAfter(after)
                                    .build();
                    try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                        for (int i = 0; i < after; i++)
                            assertThat(stream.next().getIndex()).isEqualTo(i);
                        error = failure(stream::next);
                        assertThat(error.code()).isEqualTo(code);
                        assertThat(error).hasMessage("why");
                        assertThat(error.metadata())
                                .containsEntry("x-lead", List.of("lead"))
                                .containsEntry("x-trail", List.of("trail"));
                        assertThat(failure(stream::next)).isSameAs(error);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void internalTextStaysInside(Codec codec) {
        try (var client = peer.client(codec)) {
            var unary = UnaryRequest.newBuilder().setCode(-1).build();
            var error = failure(() -> client.unary(Peer.UNARY, unary, CallOptions.none()));
            assertThat(error.code()).isEqualTo(Code.INTERNAL);
            assertThat(error).hasMessage("internal error");
            var request = StreamRequest.newBuilder().setCode(-1).setFailAfter(1).build();
            try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                assertThat(stream.next()).isNotNull();
                assertThat(failure(stream::next)).hasMessage("internal error");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void streams(Codec codec) {
        try (var client = peer.client(codec)) {
            for (int count : new int[] {0, 1, 100}) {
                var request =
                        StreamRequest.newBuilder()
                                .setText("t")
                                .setCount(count)
                                .setSize(300)
                                .build();
                try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                    for (int i = 0; i < count; i++) {
                        var message = stream.next();
                        assertThat(message.getIndex()).isEqualTo(i);
                        assertThat(message.getPadding()).isEqualTo(Peer.padding(300));
                    }
                    assertThat(stream.next()).isNull();
                    assertThat(stream.next()).isNull();
                    assertThat(stream.trailers()).containsEntry("x-trail", List.of("trail"));
                }
            }
        }
    }

    @Test
    void callsOneAfterTheOtherShareAConnection() {
        var ports = new HashSet<Integer>();
        var counted = ConnectHttp.client("counted", Duration.ofSeconds(5));
        counted.getRequestListeners()
                .addListener(
                        new org.eclipse.jetty.client.Request.Listener() {
                            @Override
                            public void onCommit(org.eclipse.jetty.client.Request request) {
                                var address =
                                        (java.net.InetSocketAddress)
                                                request.getConnection().getLocalSocketAddress();
                                synchronized (ports) {
                                    ports.add(address.getPort());
                                }
                            }
                        });
        try (counted;
                var client = new ConnectClient(counted, peer.uri(), Codec.PROTO, Map.of())) {
            for (int i = 0; i < 20; i++) {
                var unary = UnaryRequest.newBuilder().setCode(i % 17).setSize(i * 10_000).build();
                if (i % 17 == 0) client.unary(Peer.UNARY, unary, CallOptions.none());
                else failure(() -> client.unary(Peer.UNARY, unary, CallOptions.none()));
                var request = StreamRequest.newBuilder().setCount(i).setSize(i * 1000).build();
                try (var stream = client.stream(Peer.STREAM, request, CallOptions.none())) {
                    while (stream.next() != null) {}
                }
            }
            assertThat(ports).hasSizeLessThanOrEqualTo(2); // the pool may open one ahead
            client.close();
            assertThat(counted.getDestinations()).isEmpty();
            assertThat(
                            failure(() ->
                                            client.unary(
                                                    Peer.UNARY,
                                                    UnaryRequest.getDefaultInstance(),
                                                    CallOptions.none()))
                                    .code())
                    .isEqualTo(Code.CANCELED);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static ConnectException failure(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        var error = catchThrowableOfType(ConnectException.class, call);
        assertThat(error).isNotNull();
        return error;
    }
}
