package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.json.JsonMapper;

/// Fault: the connection falls silent in the middle of an answer, and is not closed.
@Timeout(30)
class ControlPlaneTest {
    private static final String HALF = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345";

    private final Queue<Socket> connections = new ConcurrentLinkedQueue<>();
    private ServerSocket server;
    private ControlPlane asked;

    @BeforeEach
    void listen() throws IOException {
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::answer);
        var address = URI.create("http://127.0.0.1:" + server.getLocalPort());
        asked = new ControlPlane(List.of(address), Duration.ofMillis(300));
    }

    private void answer() {
        try {
            while (true) {
                var connection = server.accept();
                connections.add(connection);
                connection.getOutputStream().write(HALF.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            assertThat(server.isClosed()).isTrue();
        }
    }

    @AfterEach
    void end() throws IOException {
        asked.close();
        server.close();
        for (var connection : connections) connection.close();
    }

    @Test
    void bytesThatDoNotGoOnAreLost() throws InterruptedException {
        assertThat(asked.get("/x", new Secret("t")))
                .isInstanceOfSatisfying(
                        ControlPlane.Bytes.Lost.class,
                        lost -> assertThat(lost.why()).contains("no whole answer"));
    }

    @Test
    void anAnswerThatDoesNotGoOnIsLost() throws InterruptedException {
        var body = JsonMapper.shared().createObjectNode();
        assertThat(asked.post("/x", body, Optional.empty()))
                .isInstanceOf(ControlPlane.Answer.Lost.class);
    }
}
