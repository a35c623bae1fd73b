package dev.wrenn.control.outgoing;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;

/// A server that takes down what it is sent.
final class Receiver implements AutoCloseable {
    private final HttpServer server;
    final LinkedBlockingQueue<Got> got = new LinkedBlockingQueue<>();
    volatile int status = 204;
    volatile Map<String, String> headers = Map.of();
    volatile byte[] body = new byte[0];

    record Got(String method, String path, Map<String, String> headers, String body) {}

    private Receiver(HttpServer server) {
        this.server = server;
    }

    static Receiver start() {
        try {
            var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
            var receiver = new Receiver(HttpServer.create(address, 0));
            receiver.serve();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() {
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    var all = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
                    exchange.getRequestHeaders().forEach((k, v) -> all.put(k, v.getFirst()));
                    var text = exchange.getRequestBody().readAllBytes();
                    got.add(
                            new Got(
                                    exchange.getRequestMethod(),
                                    exchange.getRequestURI().toString(),
                                    all,
                                    new String(text, StandardCharsets.UTF_8)));
                    headers.forEach(exchange.getResponseHeaders()::set);
                    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
                    try (var out = exchange.getResponseBody()) {
                        out.write(body);
                    } catch (IOException e) {
                        // the client has read enough
                    }
                });
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url(String path) {
        return "http://localhost:" + port() + path;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
