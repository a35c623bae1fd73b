package dev.wrenn.bench;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
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

    /// Address of a WebSocket.
    URI socket(String path) {
        return URI.create(base.toString().replaceFirst("^http", "ws")).resolve(path);
    }

    /// What authenticates.
    String key() {
        return key;
    }

    /// Host and port of the API.
    InetSocketAddress address() {
        return new InetSocketAddress(base.getHost(), base.getPort());
    }

    /// Creates a capsule and returns its id when it is running.
    String create() {
        return create(Map.of());
    }

    /// Creates a capsule with wishes, such as `memory_mb`.
    String create(Map<String, Object> wishes) {
        var capsule = call(HttpMethod.POST, "/v1/capsules", json(wishes), 201);
        var id = capsule.path("id").stringValue();
        awaitRunning(capsule, "pending");
        return id;
    }

    /// Creates a capsule, which must be running in the answer.
    void createAtOnce() {
        var capsule = call(HttpMethod.POST, "/v1/capsules", "{}", 201);
        if (!status(capsule).equals("running")) throw new BenchException("create: " + capsule);
    }

    /// Resumes a paused capsule and returns when it is running.
    void resume(String id) {
        awaitRunning(call(HttpMethod.POST, path(id) + "/resume", "", 200), "starting");
    }

    void pause(String id) {
        var capsule = call(HttpMethod.POST, path(id) + "/pause", "", 200);
        if (!status(capsule).equals("paused")) throw new BenchException("pause: " + capsule);
    }

    /// The server answers `pending` or `starting` when that takes longer than its budget.
    private void awaitRunning(JsonNode capsule, String meanwhile) {
        var id = capsule.path("id").stringValue();
        for (var now = capsule; !status(now).equals("running"); now = get(id)) {
            if (!status(now).equals(meanwhile)) throw new BenchException("not running: " + now);
            waitABit();
        }
    }

    String status(String id) {
        return status(get(id));
    }

    /// Makes a template of a running capsule, which runs on, and deletes it again.
    void saveOnce(String id) {
        var name = "bench-" + id.substring(id.length() - 8);
        var body = json(Map.of("sandbox_id", id, "name", name));
        call(HttpMethod.POST, "/v1/snapshots", body, 201);
        call(HttpMethod.DELETE, "/v1/snapshots/" + name, "", 204);
    }

    /// Runs programs in a capsule.
    Dirtier.Guest guest(String id) {
        return (program, arguments) -> exec(id, json(Map.of("cmd", program, "args", arguments)));
    }

    private static String json(Map<String, Object> fields) {
        return JsonMapper.shared().writeValueAsString(fields);
    }

    private static String path(String id) {
        return "/v1/capsules/" + id;
    }

    JsonNode get(String id) {
        return call(HttpMethod.GET, path(id), "", 200);
    }

    /// Runs a program; anything but exit code 0 is a failure.
    ///
    /// @return its standard output
    String exec(String id, String json) {
        var result = call(HttpMethod.POST, path(id) + "/exec", json, 200);
        if (result.path("exit_code").asInt(-1) != 0) throw new BenchException("exec: " + result);
        return result.path("stdout").stringValue();
    }

    /// Asks for a program that is not there, which is exit code 127.
    void execMissing(String id) {
        var body = "{\"cmd\":\"" + Envd.MISSING + "\"}";
        var result = call(HttpMethod.POST, path(id) + "/exec", body, 200);
        if (result.path("exit_code").asInt(-1) != 127) throw new BenchException("exec: " + result);
    }

    /// @return the token of a new session
    String signIn(String email, String password) {
        var body = json(Map.of("email", email, "password", password));
        return call(HttpMethod.POST, "/v1/auth/login", body, 200).path("token").stringValue();
    }

    /// Builds a template with the token of a session and waits until it has ended.
    ///
    /// @param recipe instructions; nothing is taken from layers
    /// @return the build as it ended
    JsonNode build(String token, String name, List<String> recipe) {
        var body =
                json(
                        Map.of(
                                "name",
                                name,
                                "recipe",
                                recipe,
                                "skip_pre_post",
                                true,
                                "no_cache",
                                true));
        var route = "/v1/templates/builds";
        var bearer = "Bearer " + token;
        var made = call(HttpMethod.POST, route, body, 201, "Authorization", bearer);
        var path = route + "/" + made.path("id").stringValue();
        while (true) {
            var now = call(HttpMethod.GET, path, "", 200, "Authorization", bearer);
            var status = status(now);
            if (status.equals("success")) return now;
            if (now.has("completed_at")) throw new BenchException("build: " + now);
            waitABit();
        }
    }

    /// Makes a channel by webhook, with the token of a session: keys may not.
    void webhook(String token, String name, URI target, String event) {
        var body =
                json(
                        Map.of(
                                "name",
                                name,
                                "provider",
                                "webhook",
                                "config",
                                Map.of("url", target.toString()),
                                "events",
                                List.of(event)));
        call(HttpMethod.POST, "/v1/channels", body, 201, "Authorization", "Bearer " + token);
    }

    void destroy(String id) {
        call(HttpMethod.DELETE, path(id), "", 204);
    }

    /// Starts a program and returns when it runs.
    void background(String id, String json) {
        call(HttpMethod.POST, path(id) + "/exec", json, 202);
    }

    /// A request with the key, for what is not JSON.
    Request post(String path) {
        return http.newRequest(base.resolve(path))
                .method(HttpMethod.POST)
                .headers(h -> h.put("X-API-Key", key));
    }

    /// What anybody may read as plain text.
    String text(String path) {
        try {
            return http.newRequest(base.resolve(path)).send().getContentAsString();
        } catch (ExecutionException | TimeoutException e) {
            throw new BenchException(path + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in " + path, e);
        }
    }

    private JsonNode call(HttpMethod method, String path, String body, int expected) {
        return call(method, path, body, expected, "X-API-Key", key);
    }

    /// @param credential what authenticates, in the header of that name
    JsonNode call(
            HttpMethod method,
            String path,
            String body,
            int expected,
            String header,
            String credential) {
        var request = http.newRequest(base.resolve(path)).method(method);
        request.headers(h -> h.put(header, credential)).timeout(LIMIT_SECONDS, TimeUnit.SECONDS);
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

    static void waitABit() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for a capsule", e);
        }
    }
}
