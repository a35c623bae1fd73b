package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Calls of the REST API. Every failure is a [CommandFailure] whose sentence holds the API's code.
/// Not thread-safe.
final class Api implements AutoCloseable {
    /// Longer than most answers take: the server answers create, resume and destroy within 5 s.
    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /// Saving a capsule is answered when it is done, after 5 min at most.
    private static final Duration SLOW_TIMEOUT = Duration.ofSeconds(330);

    /// An image of 2 GiB over a slow line, and the look at it.
    private static final Duration UPLOAD_TIMEOUT = Duration.ofMinutes(30);

    private final Credentials credentials;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(10))
                    .build();

    Api(Credentials credentials) {
        this.credentials = credentials;
    }

    /// An answer: the document, and its text as the server wrote it.
    record Answer(JsonNode json, String text) {}

    Answer get(String path) {
        return call("GET", path, null, TIMEOUT);
    }

    Answer post(String path, @Nullable JsonNode body) {
        return call("POST", path, body, TIMEOUT);
    }

    /// For what saves a capsule.
    Answer postSlow(String path, @Nullable JsonNode body) {
        return call("POST", path, body, SLOW_TIMEOUT);
    }

    Answer patch(String path, JsonNode body) {
        return call("PATCH", path, body, TIMEOUT);
    }

    Answer put(String path, JsonNode body) {
        return call("PUT", path, body, TIMEOUT);
    }

    Answer delete(String path) {
        return call("DELETE", path, null, TIMEOUT);
    }

    /// Sends a body that is not JSON, and may be long.
    Answer postAs(String path, String type, BodyPublisher body) {
        return send(request(path, UPLOAD_TIMEOUT).header("Content-Type", type).POST(body));
    }

    HttpClient http() {
        return http;
    }

    /// The address of a socket route, `ws:` or `wss:`.
    URI socket(String path) {
        return URI.create(credentials.api().toString().replaceFirst("^http", "ws") + path);
    }

    /// Scheme, host and port.
    URI address() {
        return credentials.api();
    }

    String key() {
        return credentials.key().reveal();
    }

    /// Hands on each line of an answer as it comes, until the server ends it.
    void lines(String path, Consumer<String> line) {
        try {
            var response = http.send(request(path).GET().build(), BodyHandlers.ofLines());
            try (var lines = response.body()) {
                if (response.statusCode() / 100 == 2) lines.forEach(line);
                else throw refused(response.statusCode(), lines.collect(Collectors.joining("\n")));
            }
        } catch (IOException | UncheckedIOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        var request = HttpRequest.newBuilder(URI.create(credentials.api() + path));
        if (credentials.session()) request.header("Authorization", "Bearer " + key());
        else if (!key().isEmpty()) request.header("X-API-Key", key());
        return request;
    }

    private Answer call(String method, String path, @Nullable JsonNode body, Duration limit) {
        var request = request(path, limit);
        if (body == null) {
            request.method(method, BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json")
                    .method(method, BodyPublishers.ofString(body.toString()));
        }
        return send(request);
    }

    private HttpRequest.Builder request(String path, Duration limit) {
        return request(path).timeout(limit).header("Accept", "application/json");
    }

    private Answer send(HttpRequest.Builder request) {
        try {
            return parse(http.send(request.build(), BodyHandlers.ofString()));
        } catch (IOException e) {
            throw unreachable(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    /// Says in words why the server did not answer.
    CommandFailure unreachable(Throwable e) {
        var why =
                switch (e) {
                    case ConnectException _ -> "nothing answers there; is it up? (./wrenn status)";
                    case HttpTimeoutException _ -> "no answer in time";
                    default ->
                            e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
                };
        return new CommandFailure("cannot reach " + credentials.api() + ": " + why, e);
    }

    private Answer parse(HttpResponse<String> response) {
        int status = response.statusCode();
        var text = response.body();
        if (status / 100 == 2) {
            try {
                return new Answer(JsonMapper.shared().readTree(text.isEmpty() ? "{}" : text), text);
            } catch (JacksonException e) {
                throw new CommandFailure(credentials.api() + " does not answer with JSON", e);
            }
        }
        throw refused(status, text);
    }

    /// The sentence for an answer that is not 2xx: `not_found: sandbox not found`.
    static CommandFailure refused(int status, String text) {
        try {
            var error = JsonMapper.shared().readTree(text).path("error");
            var code = error.path("code").asString("");
            if (!code.isEmpty())
                return new CommandFailure(code + ": " + error.path("message").asString(""));
        } catch (JacksonException e) {
            // not from Wrenn: a proxy in between, or another server
        }
        return new CommandFailure("HTTP " + status + " without a message of Wrenn");
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
