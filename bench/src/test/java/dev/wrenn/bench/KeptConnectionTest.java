package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Answers in every way in which they may come.
class KeptConnectionTest {
    private static final String LONG = "x".repeat(40_000); // more than its buffer holds

    private static final List<String> PAGES =
            List.of(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
                    "HTTP/1.1 200 OK\r\nX-Content-Length: 9\r\ncontent-length:0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n" + LONG,
                    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "2\r\n{}\r\n0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
                            + "9c40\r\n"
                            + LONG
                            + "\r\n0\r\n\r\n",
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]");

    private interface Exchange {
        void with(KeptConnection connection);
    }

    /// Answers each request with the next of these, some bytes at a time.
    ///
    /// @return the first line of each request
    private static List<String> serve(int step, List<String> answers, Exchange exchange)
            throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var asked = threads.submit(() -> answer(server, step, answers));
            var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
            try (var connection = new KeptConnection(address, "localhost", "/a", "X: y\r\n")) {
                exchange.with(connection);
            }
            return asked.get();
        }
    }

    private static List<String> answer(ServerSocket server, int step, List<String> answers)
            throws IOException {
        var asked = new ArrayList<String>();
        try (var client = server.accept()) {
            client.setTcpNoDelay(true);
            var lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    client.getInputStream(), StandardCharsets.US_ASCII));
            for (var answer : answers) {
                asked.add(lines.readLine());
                assertThat(lines.readLine()).isEqualTo("Host: localhost");
                assertThat(lines.readLine()).isEqualTo("X: y");
                assertThat(lines.readLine()).isEmpty();
                var bytes = answer.getBytes(StandardCharsets.US_ASCII);
                for (int i = 0; i < bytes.length; i += step)
                    client.getOutputStream().write(bytes, i, Math.min(step, bytes.length - i));
            }
        }
        return asked;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000, 100_000})
    void eachAnswerIsReadToItsEndAndNoFurther(int step) throws Exception {
        var asked =
                serve(
                        step,
                        PAGES,
                        connection -> {
                            for (int i = 0; i < PAGES.size(); i++) connection.exchange();
                        });
        assertThat(asked).hasSize(PAGES.size()).containsOnly("GET /a HTTP/1.1");
    }

    @Test
    void whatIsNoPageIsSaidWithItsHead() throws Exception {
        var refusal = "HTTP/1.1 503 Gone\r\nContent-Length: 0\r\n\r\n";
        serve(
                9,
                List.of(refusal),
                connection ->
                        assertThatThrownBy(connection::exchange)
                                .isInstanceOf(BenchException.class)
                                .hasMessageContaining("503 Gone"));
    }

    @Test
    void anAnswerThatEndsEarlyIsNoPage() throws Exception {
        serve(
                100,
                List.of("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
                connection ->
                        assertThatThrownBy(connection::exchange)
                                .isInstanceOf(BenchException.class)
                                .hasMessageContaining("ends"));
    }

    @Test
    void oneThreadAsksOverManyAndKnowsWhichAnswerIsWhich() throws Exception {
        int most = 40;
        var answered = new ArrayList<Integer>();
        try (var server = new ServerSocket(0, 3, InetAddress.getLoopbackAddress());
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            threads.submit(() -> {
                for (int i = 0; i < 3; i++) {
                    var client = server.accept();
                    threads.submit(() -> answerUntilClosed(client));
                }
                return null;
            });
            var address = new InetSocketAddress(server.getInetAddress(), server.getLocalPort());
            try (var connections =
                    new KeptConnections(
                            3,
                            () -> new KeptConnection(address, "localhost", "/a", ""),
                            answered::add)) {
                for (int asked = 0; answered.size() < most; ) {
                    while (asked < most && connections.hasFree()) connections.ask(asked++);
                    assertThat(asked - answered.size())
                            .as("as many as there are connections, or the last ones")
                            .isEqualTo(Math.min(3, most - answered.size()));
                    connections.hear(Long.MAX_VALUE);
                }
                assertThat(connections.hasFree()).isTrue();
            }
        }
        assertThat(answered).containsExactlyInAnyOrderElementsOf(numbersBelow(most));
    }

    private static List<Integer> numbersBelow(int end) {
        return java.util.stream.IntStream.range(0, end).boxed().toList();
    }

    private static @org.jspecify.annotations.Nullable Void answerUntilClosed(java.net.Socket client)
            throws IOException {
        try (client) {
            client.setTcpNoDelay(true);
            var lines =
                    new BufferedReader(
                            new InputStreamReader(
                                    client.getInputStream(), StandardCharsets.US_ASCII));
            for (var line = lines.readLine(); line != null; line = lines.readLine())
                if (line.isEmpty())
                    for (byte part : PAGES.getFirst().getBytes(StandardCharsets.US_ASCII))
                        client.getOutputStream().write(part);
        }
        return null;
    }

    @Test
    void anotherProtocolIsTakenUp() throws Exception {
        serve(
                100,
                List.of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
                KeptConnection::upgrade);
    }
}
