package dev.wrenn.host.vmm;

import dev.wrenn.common.connect.ConnectHttp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.BytesRequestContent;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.io.Transport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

/// HTTP with one Firecracker, over its Unix socket. Thread-safe; Firecracker serves one request
/// after the other.
final class FirecrackerApi {
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
                    // newer versions tell more
                    .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
                    .build();
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final int OK = 200;
    private static final int NO_CONTENT = 204;
    private static final int MOST_WORDS = 1000;

    private final HttpClient http;
    private final Path socket;

    /// @param http of all VMs, see [#client()]
    /// @param socket Firecracker's, at most 107 bytes long
    FirecrackerApi(HttpClient http, Path socket) {
        this.http = http;
        this.socket = socket;
    }

    /// There was no answer within the limit: the VMM is of no use any more.
    static final class SilentException extends Exception {
        private static final long serialVersionUID = 1L;

        SilentException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// A started client for any number of VMs.
    static HttpClient client() {
        return ConnectHttp.client("firecracker", CONNECT);
    }

    /// Sends a request whose success has no content.
    ///
    /// @throws VmmException with what it was about and Firecracker's words, or when the connection
    ///   ended
    void send(FirecrackerRequest request, Duration limit) throws SilentException {
        var body = JSON.writeValueAsBytes(request);
        var answer = call(request.method(), request.path(), body, limit);
        if (answer.getStatus() != NO_CONTENT)
            throw new VmmException(request.failure() + ": " + fault(answer));
    }

    /// General information; the first thing to ask.
    FirecrackerRequest.InstanceInfo describe(Duration limit) throws SilentException {
        return get("/", FirecrackerRequest.InstanceInfo.class, limit);
    }

    /// Processors and memory.
    FirecrackerRequest.Machine machine(Duration limit) throws SilentException {
        return get("/machine-config", FirecrackerRequest.Machine.class, limit);
    }

    /// Asks for something, whose fields are those of the type.
    <T> T get(String path, Class<T> type, Duration limit) throws SilentException {
        var answer = call("GET", path, null, limit);
        if (answer.getStatus() != OK) throw new VmmException("GET " + path + ": " + fault(answer));
        try {
            return JSON.readValue(answer.getContent(), type);
        } catch (JacksonException e) {
            throw new VmmException("GET " + path + ": the answer makes no sense", e);
        }
    }

    private ContentResponse call(String method, String path, byte @Nullable [] body, Duration limit)
            throws SilentException {
        var request =
                http.newRequest("http://localhost" + path)
                        .transport(new Transport.TCPUnix(socket))
                        .method(method)
                        .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                        .idleTimeout(2 * limit.toMillis(), TimeUnit.MILLISECONDS);
        if (body != null) request.body(new BytesRequestContent("application/json", body));
        var what = method + " " + path;
        try {
            return request.send();
        } catch (TimeoutException e) {
            throw new SilentException(
                    "Firecracker did not answer " + what + " within " + limit.toMillis() + " ms",
                    e);
        } catch (ExecutionException e) {
            throw new VmmException(what + ": control connection lost", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new VmmException(what + ": interrupted", e);
        }
    }

    /// Firecracker's own words, on one line.
    private static String fault(ContentResponse answer) {
        var content = new String(answer.getContent(), StandardCharsets.UTF_8);
        String words;
        try {
            var said = JSON.readValue(content, FirecrackerRequest.Fault.class).faultMessage();
            words = said == null ? content : said;
        } catch (JacksonException e) {
            words = content;
        }
        words = words.strip().replaceAll("\\s+", " ");
        if (words.isEmpty()) words = "status " + answer.getStatus();
        return words.length() <= MOST_WORDS ? words : words.substring(0, MOST_WORDS) + "…";
    }
}
