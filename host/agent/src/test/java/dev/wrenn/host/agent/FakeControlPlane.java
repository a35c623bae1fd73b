package dev.wrenn.host.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// A control plane of a few lines, over a real socket, as far as agents call it.
final class FakeControlPlane implements AutoCloseable {
    static final String HOST = "host-51a37iakuf5nuuphr0fx89og0";

    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<JsonNode> bodies = new CopyOnWriteArrayList<>();
    volatile int heartbeatStatus = 204;
    volatile int refreshStatus = 200;
    volatile int registerStatus = 201;
    volatile boolean dropRefresh;
    volatile String goodToken = "";
    volatile Instant now = Instant.now();
    private volatile int issued;
    private final HttpServer server;
    private final TestPki pki;

    FakeControlPlane(Path pkiDirectory) throws Exception {
        pki = new TestPki(pkiDirectory);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::answer);
        server.start();
    }

    TestPki pki() {
        return pki;
    }

    FleetConfig config(String... token) {
        return new FleetConfig(
                List.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
                "127.0.0.1:9443",
                token.length == 0 ? Optional.empty() : Optional.of(new Secret(token[0])),
                Duration.ofMillis(50),
                Duration.ofMillis(500));
    }

    private void answer(HttpExchange http) throws IOException {
        var path = http.getRequestURI().getPath();
        var text = new String(http.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var body = JsonMapper.shared().readTree(text);
        var request = body.path("csr_pem").asString("");
        bodies.add(body);
        calls.add(path.substring(path.lastIndexOf('/') + 1));
        if (path.endsWith("/heartbeat")) {
            var shown = http.getRequestHeaders().getFirst("X-Host-Token");
            int status = shown.equals(goodToken) ? heartbeatStatus : 401;
            reply(http, status, "");
        } else if (path.endsWith("/refresh")) {
            if (refreshStatus != 200) reply(http, refreshStatus, "");
            else if (dropRefresh) {
                papers(request); // issued, and lost on the way
                http.close();
            } else reply(http, 200, papers(request));
        } else {
            reply(http, registerStatus, registerStatus == 201 ? papers(request) : "");
        }
    }

    private synchronized String papers(String request) {
        issued++;
        try {
            goodToken = "token-" + issued;
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("token", goodToken)
                    .put("refresh_token", "refresh-" + issued)
                    .put("cert_pem", pki.certify("agent" + issued, request))
                    .put("ca_cert_pem", Files.readString(pki.certificate("ca")))
                    .put("cert_expires_at", now.plus(Duration.ofDays(7)).toString())
                    .set("host", JsonNodeFactory.instance.objectNode().put("id", HOST))
                    .toString();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void reply(HttpExchange http, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        http.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        http.getResponseBody().write(bytes);
        http.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
