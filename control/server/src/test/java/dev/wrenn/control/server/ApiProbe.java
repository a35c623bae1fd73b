package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.MissingNode;

/// A client that holds every answer against the contract.
final class ApiProbe {
    static final HttpClient HTTP =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    private final int port;
    private final Map<String, String> headers;

    record Answer(int status, JsonNode body, String text, HttpHeaders headers) {
        String code() {
            return body.at("/error/code").asString("");
        }

        String message() {
            return body.at("/error/message").asString("");
        }

        String id() {
            return body.path("id").asString("");
        }
    }

    /// @param key empty: none is sent
    ApiProbe(int port, String key) {
        this(port, key.isEmpty() ? Map.of() : Map.of("X-API-Key", key));
    }

    ApiProbe(int port, Map<String, String> headers) {
        this.port = port;
        this.headers = headers;
    }

    /// Shows a session's token instead.
    ApiProbe bearer(String token) {
        return new ApiProbe(port, Map.of("Authorization", "Bearer " + token));
    }

    /// Shows nothing but these headers.
    ApiProbe with(Map<String, String> others) {
        return new ApiProbe(port, others);
    }

    /// Signs in.
    ApiProbe signIn(String email, String password) {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("email", email).put("password", password);
        var answer = with(Map.of()).post("/v1/auth/login", body.toString());
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return bearer(answer.body().path("token").asString());
    }

    ApiProbe as(String other) {
        return new ApiProbe(port, other);
    }

    /// What is shown with every request.
    Map<String, String> headers() {
        return headers;
    }

    URI socket(String path) {
        return URI.create("ws://127.0.0.1:" + port + path);
    }

    Answer get(String path) {
        return call("GET", path, null);
    }

    Answer post(String path, String body) {
        return call("POST", path, body);
    }

    Answer patch(String path, String body) {
        return call("PATCH", path, body);
    }

    Answer delete(String path) {
        return call("DELETE", path, null);
    }

    Answer call(String method, String path, String body) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .timeout(Duration.ofSeconds(60))
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body));
        headers.forEach(request::header);
        return send(method, path, request);
    }

    private static Answer send(String method, String path, HttpRequest.Builder request) {
        try {
            var response = HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
            var type = response.headers().firstValue("Content-Type").orElse("");
            var json =
                    type.startsWith("application/json") && !response.body().isEmpty()
                            ? JsonMapper.shared().readTree(response.body())
                            : MissingNode.getInstance();
            ContractCheck.check(method, path, response.statusCode(), json);
            assertThat(response.headers().firstValue("X-Request-Id")).as("request id").isPresent();
            assertThat(response.headers().firstValue("Cache-Control")).hasValue("no-store");
            return new Answer(response.statusCode(), json, response.body(), response.headers());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Asks again and again until the status of the capsule is as wanted.
    JsonNode awaitStatus(String id, String status, Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            var body = get("/v1/capsules/" + id).body();
            if (body.path("status").asString("").equals(status)) return body;
            if (System.nanoTime() > end)
                throw new AssertionError(id + " is not " + status + ": " + body);
            LockSupport.parkNanos(5_000_000);
        }
    }
}
