package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// What an agent asks of the control plane. Of several the first that can be reached is asked.
/// Thread-safe.
final class ControlPlane implements AutoCloseable {
    private static final Duration DIAL = Duration.ofSeconds(5);
    private static final Duration ANSWER = Duration.ofSeconds(10);
    private static final int SERVER_ERRORS = 500;

    private final List<URI> addresses;
    private final Duration limit;
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(DIAL)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();

    /// @param addresses at least one
    ControlPlane(List<URI> addresses) {
        this(addresses, ANSWER);
    }

    /// @param limit of a whole answer
    ControlPlane(List<URI> addresses, Duration limit) {
        this.addresses = List.copyOf(addresses);
        this.limit = limit;
    }

    /// What came of a call.
    sealed interface Answer {
        record Done(JsonNode body) implements Answer {}

        /// It understood and said no.
        record Refused(int status, String message) implements Answer {}

        /// None could be reached, or the one that was has trouble of its own.
        record Lost(String why) implements Answer {}
    }

    Answer post(String path, ObjectNode body, Optional<Secret> token) throws InterruptedException {
        Answer last = new Answer.Lost("no address");
        for (var address : addresses) {
            last = post(address, path, body, token);
            if (!(last instanceof Answer.Lost)) return last;
        }
        return last;
    }

    private Answer post(URI address, String path, ObjectNode body, Optional<Secret> token)
            throws InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(address + path))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body.toString()));
        token.ifPresent(t -> request.header("X-Host-Token", t.reveal()));
        try {
            var answer = send(request.build(), BodyHandlers.ofString());
            int status = answer.statusCode();
            if (status >= SERVER_ERRORS || status == 429)
                return new Answer.Lost(address + " answers " + status);
            var json =
                    answer.body().isEmpty()
                            ? MissingNode.getInstance()
                            : JsonMapper.shared().readTree(answer.body());
            if (status / 100 == 2) return new Answer.Done(json);
            return new Answer.Refused(status, json.at("/error/message").asString(""));
        } catch (IOException e) {
            var why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            return new Answer.Lost(address + ": " + why);
        } catch (JacksonException e) {
            return new Answer.Lost(address + " does not answer with JSON");
        }
    }

    /// What came of asking for bytes.
    sealed interface Bytes {
        record Done(byte[] bytes) implements Bytes {}

        /// It understood and said no.
        record Refused(int status) implements Bytes {}

        /// None could be reached, or the one that was has trouble of its own.
        record Lost(String why) implements Bytes {}
    }

    Bytes get(String path, Secret token) throws InterruptedException {
        Bytes last = new Bytes.Lost("no address");
        for (var address : addresses) {
            last = get(address, path, token);
            if (!(last instanceof Bytes.Lost)) return last;
        }
        return last;
    }

    private Bytes get(URI address, String path, Secret token) throws InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(address + path))
                        .header("X-Host-Token", token.reveal())
                        .build();
        try {
            var answer = send(request, BodyHandlers.ofByteArray());
            int status = answer.statusCode();
            if (status >= SERVER_ERRORS || status == 429)
                return new Bytes.Lost(address + " answers " + status);
            return status == 200 ? new Bytes.Done(answer.body()) : new Bytes.Refused(status);
        } catch (IOException e) {
            var why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
            return new Bytes.Lost(address + ": " + why);
        }
    }

    /// The limit of a request itself ends with the head of its answer, and who waits for the rest
    /// on a connection that nobody has any more waits for ever.
    private <T> HttpResponse<T> send(HttpRequest request, BodyHandler<T> body)
            throws IOException, InterruptedException {
        var answer = http.sendAsync(request, body);
        try {
            return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new HttpTimeoutException("no whole answer in " + limit);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException known) throw known;
            throw new IOException(e.getCause());
        } finally {
            answer.cancel(true); // nothing, once it is there
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
