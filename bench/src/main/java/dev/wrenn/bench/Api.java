package dev.wrenn.bench;

import java.net.URI;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.http.HttpMethod;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The public API as a client program sees it: JSON over one kept connection.
final class Api {
    private static final long LIMIT_SECONDS = 60;
    private static final long POLL_MS = 5;

    private final HttpClient http;
    private final URI base;
    private final String key;

    Api(HttpClient http, URI base, String key) {
        this.http = http;
        this.base = base;
        this.key = key;
    }

    /// Creates a capsule and returns its id when it is running.
    String create() {
        var capsule = call(HttpMethod.POST, "/v1/capsules", "{}", 201);
        var id = capsule.path("id").stringValue();
        // The server answers `pending` when a boot takes longer than its budget.
        for (var now = capsule; !status(now).equals("running"); now = get(id)) {
            if (!status(now).equals("pending")) throw new BenchException("create: " + now);
            pause();
        }
        return id;
    }

    JsonNode get(String id) {
        return call(HttpMethod.GET, "/v1/capsules/" + id, "", 200);
    }

    /// Runs a program; anything but exit code 0 is a failure.
    ///
    /// @return its standard output
    String exec(String id, String json) {
        var result = call(HttpMethod.POST, "/v1/capsules/" + id + "/exec", json, 200);
        if (result.path("exit_code").asInt(-1) != 0) throw new BenchException("exec: " + result);
        return result.path("stdout").stringValue();
    }

    /// Asks for a program that is not there, which is exit code 127.
    void execMissing(String id) {
        var body = "{\"cmd\":\"" + Envd.MISSING + "\"}";
        var result = call(HttpMethod.POST, "/v1/capsules/" + id + "/exec", body, 200);
        if (result.path("exit_code").asInt(-1) != 127) throw new BenchException("exec: " + result);
    }

    void destroy(String id) {
        call(HttpMethod.DELETE, "/v1/capsules/" + id, "", 204);
    }

    private JsonNode call(HttpMethod method, String path, String body, int expected) {
        var request = http.newRequest(base.resolve(path)).method(method);
        request.headers(h -> h.put("X-API-Key", key)).timeout(LIMIT_SECONDS, TimeUnit.SECONDS);
        if (!body.isEmpty()) request.body(new StringRequestContent("application/json", body));
        ContentResponse response;
        try {
            response = request.send();
        } catch (ExecutionException | TimeoutException e) {
            throw new BenchException(method + " " + path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in " + method + " " + path, e);
        }
        var content = response.getContentAsString();
        if (response.getStatus() != expected) {
            throw new BenchException(
                    method + " " + path + ": " + response.getStatus() + " " + content);
        }
        var mapper = JsonMapper.shared();
        return content.isEmpty() ? mapper.createObjectNode() : mapper.readTree(content);
    }

    private static String status(JsonNode capsule) {
        return capsule.path("status").stringValue();
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for a capsule", e);
        }
    }
}
