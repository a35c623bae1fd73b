package dev.wrenn.common.connect;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.peer.v1.StreamRequest;
import dev.wrenn.contracts.peer.v1.StreamResponse;
import dev.wrenn.contracts.peer.v1.UnaryRequest;
import dev.wrenn.contracts.peer.v1.UnaryResponse;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.client.HttpClient;

/// The peer service in Java behind a real server, with a client for it; what handlers saw can be
/// looked at.
final class Peer implements AutoCloseable {
    static final Method<UnaryRequest, UnaryResponse> UNARY =
            Method.unary(
                    "wrenn.peer.v1.Peer",
                    "Unary",
                    UnaryRequest.getDefaultInstance(),
                    UnaryResponse.getDefaultInstance());
    static final Method<StreamRequest, StreamResponse> STREAM =
            Method.serverStream(
                    "wrenn.peer.v1.Peer",
                    "Stream",
                    StreamRequest.getDefaultInstance(),
                    StreamResponse.getDefaultInstance());
    static final int LIMIT = 8 << 20;

    final AtomicInteger sent = new AtomicInteger();
    final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    final ConnectServer server;
    final HttpClient http = ConnectHttp.client("peer-test", Duration.ofSeconds(5));

    Peer() {
        server =
                ConnectServer.builder()
                        .stopTimeout(Duration.ofSeconds(2))
                        .service(service())
                        .start();
    }

    ConnectService service() {
        return ConnectService.builder().maxRequestBytes(LIMIT).unary(UNARY, this::unary).stream(
                        STREAM, this::stream)
                .build();
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.port());
    }

    ConnectClient client(Codec codec) {
        return new ConnectClient(http, uri(), codec, Map.of("x-peer", "java"));
    }

    /// The next thing that a handler noted, within ten seconds.
    String event() throws InterruptedException {
        var event = events.poll(10, TimeUnit.SECONDS);
        return event == null ? "nothing" : event;
    }

    @Override
    public void close() throws Exception {
        server.close();
        http.stop();
    }

    static ByteString padding(int size) {
        var bytes = new byte[size];
        for (int i = 0; i < size; i++) bytes[i] = (byte) (i % 251);
        return ByteString.copyFrom(bytes);
    }

    private UnaryResponse unary(CallContext context, UnaryRequest request) throws Exception {
        context.onCancel(() -> events.add("canceled"));
        context.responseHeader("x-lead", "lead");
        context.trailer("x-trail", "trail");
        pause(request.getDelayMs());
        fail(request.getCode(), request.getText());
        var deadline = context.deadline();
        var answer =
                UnaryResponse.newBuilder()
                        .setText(request.getText())
                        .setPadding(padding(request.getSize()))
                        .setRemainingMs(deadline.isNever() ? -1 : deadline.left().toMillis());
        var header = context.header("x-peer");
        if (header != null) answer.setHeader(header);
        return answer.build();
    }

    private void stream(
            CallContext context, StreamRequest request, ResponseStream<StreamResponse> out)
            throws Exception {
        context.onCancel(() -> events.add("canceled"));
        context.responseHeader("x-lead", "lead");
        context.trailer("x-trail", "trail");
        var padding = padding(request.getSize());
        int count = request.getCode() == 0 ? request.getCount() : request.getFailAfter();
        try {
            for (int i = 0; i < count; i++) {
                pause(request.getDelayMs());
                out.send(
                        StreamResponse.newBuilder()
                                .setText(request.getText())
                                .setIndex(i)
                                .setPadding(padding)
                                .build());
                sent.incrementAndGet();
            }
        } catch (ConnectException e) {
            events.add("send: " + e.code().wire());
            throw e;
        } catch (InterruptedException e) {
            events.add("interrupted");
            throw e;
        }
        fail(request.getCode(), request.getText());
    }

    private void pause(int ms) throws InterruptedException {
        if (ms == 0) return;
        events.add("waiting");
        if (new CountDownLatch(1).await(ms, TimeUnit.MILLISECONDS))
            throw new AssertionError("nobody counts it down");
    }

    private static void fail(int code, String message) {
        if (code == -1) throw new IllegalStateException("a secret of the server");
        if (code != 0) throw new ConnectException(Code.values()[code - 1], message);
    }
}
