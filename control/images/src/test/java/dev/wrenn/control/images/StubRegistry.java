package dev.wrenn.control.images;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/// A registry of one repository that takes its clients at their word: whatever is not as the
/// distribution specification has it is answered with 400 and remembered.
final class StubRegistry implements AutoCloseable {
    static final String TOKEN = "a-token.for_one";

    final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
    final Map<String, byte[]> tags = new ConcurrentHashMap<>();
    final List<String> asked = new CopyOnWriteArrayList<>();
    final List<String> wrong = new CopyOnWriteArrayList<>();
    volatile boolean guarded = true;
    volatile String redirect = ""; // where blobs are; empty: here

    private final HttpServer server;
    private final String repository;

    private StubRegistry(HttpServer server, String repository) {
        this.server = server;
        this.repository = repository;
    }

    static StubRegistry start(String repository) {
        try {
            var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
            var registry = new StubRegistry(HttpServer.create(address, 0), repository);
            registry.server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
            registry.server.createContext("/", registry::serve);
            registry.server.start();
            return registry;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void serve(HttpExchange exchange) throws IOException {
        try (exchange) {
            var path = exchange.getRequestURI().getPath();
            asked.add(path);
            if (!exchange.getRequestMethod().equals("GET")) {
                bad(exchange, "method " + exchange.getRequestMethod());
            } else if (path.equals("/token")) {
                token(exchange);
            } else if (path.startsWith("/elsewhere/")) {
                if (exchange.getRequestHeaders().containsKey("Authorization"))
                    bad(exchange, "a token for somebody else");
                else blob(exchange, path.substring("/elsewhere/".length()));
            } else if (!path.startsWith("/v2/" + repository + "/")) {
                bad(exchange, "path " + path);
            } else if (guarded && !granted(exchange)) {
                challenge(exchange);
            } else {
                read(exchange, path.substring(("/v2/" + repository + "/").length()));
            }
        }
    }

    private boolean granted(HttpExchange exchange) {
        var shown = exchange.getRequestHeaders().getFirst("Authorization");
        return ("Bearer " + TOKEN).equals(shown);
    }

    private void challenge(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders()
                .set(
                        "WWW-Authenticate",
                        "Bearer realm=\"http://%s/token\",service=\"stub\",scope=\"repository:%s:pull\""
                                .formatted(host(), repository));
        answer(exchange, 401, "{}".getBytes(UTF_8));
    }

    private void token(HttpExchange exchange) throws IOException {
        var query = exchange.getRequestURI().getRawQuery();
        var expected =
                "service=stub&scope=repository%3A" + repository.replace("/", "%2F") + "%3Apull";
        if (!expected.equals(query)) bad(exchange, "query " + query);
        else answer(exchange, 200, ("{\"token\":\"" + TOKEN + "\"}").getBytes(UTF_8));
    }

    private void read(HttpExchange exchange, String what) throws IOException {
        if (what.startsWith("manifests/")) {
            var accepted = String.join(",", exchange.getRequestHeaders().get("Accept"));
            for (var type : List.of("oci.image.index.v1", "distribution.manifest.v2"))
                if (!accepted.contains(type)) {
                    bad(exchange, "Accept " + accepted);
                    return;
                }
            var which = what.substring("manifests/".length());
            var found = tags.getOrDefault(which, blobs.get(which));
            answer(exchange, found == null ? 404 : 200, found == null ? new byte[0] : found);
        } else if (what.startsWith("blobs/")) {
            var digest = what.substring("blobs/".length());
            if (redirect.isEmpty()) {
                blob(exchange, digest);
            } else {
                exchange.getResponseHeaders().set("Location", redirect + digest);
                answer(exchange, 307, new byte[0]);
            }
        } else {
            bad(exchange, "path " + what);
        }
    }

    private void blob(HttpExchange exchange, String digest) throws IOException {
        var found = blobs.get(digest);
        answer(exchange, found == null ? 404 : 200, found == null ? new byte[0] : found);
    }

    private void bad(HttpExchange exchange, String what) throws IOException {
        wrong.add(what);
        answer(exchange, 400, new byte[0]);
    }

    private static void answer(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
