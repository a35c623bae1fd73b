package dev.wrenn.control.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;

/// The protocol of GitHub's sign-in: codes that are good once, for the client and verifier that
/// they were asked with.
final class FakeGitHub {
    private final HttpServer server;
    private final Map<String, Granted> codes = new ConcurrentHashMap<>();
    private final Map<String, Who> tokens = new ConcurrentHashMap<>();

    record Who(long id, String name, String email, boolean verified) {}

    private record Granted(Who who, String challenge, String back) {}

    private FakeGitHub(HttpServer server) {
        this.server = server;
    }

    static FakeGitHub start() {
        try {
            var address = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
            var fake = new FakeGitHub(HttpServer.create(address, 0));
            fake.server.setExecutor(
                    Executors.newCachedThreadPool(
                            Thread.ofPlatform().daemon().name("github-", 0).factory()));
            fake.server.createContext("/login/oauth/access_token", fake::token);
            fake.server.createContext("/user", fake::user);
            fake.server.start();
            return fake;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// Somebody says yes to what a browser was sent with.
    String grant(Map<String, String> asked, Who who) {
        var code = UUID.randomUUID().toString();
        codes.put(code, new Granted(who, asked.get("code_challenge"), asked.get("redirect_uri")));
        return code;
    }

    static Map<String, String> fields(String form) {
        var all = new HashMap<String, String>();
        for (var pair : form.split("&")) {
            int at = pair.indexOf('=');
            all.put(
                    pair.substring(0, at),
                    URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8));
        }
        return all;
    }

    private void token(HttpExchange exchange) throws IOException {
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var asked = fields(body);
        var granted = codes.remove(asked.getOrDefault("code", ""));
        boolean good =
                granted != null
                        && "client".equals(asked.get("client_id"))
                        && "client secret of GitHub".equals(asked.get("client_secret"))
                        && granted.back.equals(asked.get("redirect_uri"))
                        && granted.challenge.equals(
                                challenge(asked.getOrDefault("code_verifier", "")));
        if (!good) {
            answer(exchange, "{\"error\":\"bad_verification_code\"}");
            return;
        }
        var token = "gho_" + UUID.randomUUID();
        tokens.put(token, granted.who);
        answer(exchange, "{\"access_token\":\"" + token + "\",\"token_type\":\"bearer\"}");
    }

    private static String challenge(String verifier) {
        try {
            var sum =
                    MessageDigest.getInstance("SHA-256")
                            .digest(verifier.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(sum);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private void user(HttpExchange exchange) throws IOException {
        var header = exchange.getRequestHeaders().getFirst("Authorization");
        var who = tokens.get(header == null ? "" : header.replace("Bearer ", ""));
        if (who == null) {
            exchange.sendResponseHeaders(401, -1);
            exchange.close();
        } else if (exchange.getRequestURI().getPath().equals("/user/emails")) {
            answer(
                    exchange,
                    """
                    [{"email":"other@example.org","primary":false,"verified":true},
                     {"email":"%s","primary":true,"verified":%s}]\
                    """
                            .formatted(who.email, who.verified));
        } else {
            answer(
                    exchange,
                    "{\"id\":%d,\"login\":\"l\",\"name\":\"%s\"}".formatted(who.id, who.name));
        }
    }

    private static void answer(HttpExchange exchange, String json) throws IOException {
        var bytes = json.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
