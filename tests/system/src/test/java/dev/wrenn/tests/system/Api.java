package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The public API over the wire.
final class Api {
    static final Duration BOOT = Duration.ofSeconds(60);
    static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String CAPSULES = "/v1/capsules";

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI base;
    private final String key;

    Api(URI base, String key) {
        this.base = base;
        this.key = key;
    }

    URI base() {
        return base;
    }

    String key() {
        return key;
    }

    /// An answer of the API; `json` is a missing node when there was no body.
    record Reply(int status, JsonNode json, HttpResponse<byte[]> response) {
        /// Fails with the whole answer unless it has this status.
        Reply expect(int expected) {
            assertThat(status).as("%s %s", response.uri(), json).isEqualTo(expected);
            return this;
        }

        /// Fails unless it is the error envelope with this status and code.
        Reply error(int expected, String code) {
            expect(expected);
            assertThat(text("error", "code")).as("%s", json).isEqualTo(code);
            assertThat(text("error", "message")).as("%s", json).isNotBlank();
            return this;
        }

        String text(String... path) {
            var node = json;
            for (var name : path) node = node.path(name);
            return node.asString("");
        }
    }

    Reply get(String path) {
        return send("GET", path, "");
    }

    Reply post(String path, String body) {
        return send("POST", path, body);
    }

    Reply delete(String path) {
        return send("DELETE", path, "");
    }

    Reply send(String method, String path, String body) {
        return sendAs(key, method, path, body);
    }

    /// As the user of an installation's credentials.
    Api signIn(JsonNode credentials) {
        var body = JsonMapper.shared().createObjectNode();
        body.put("email", credentials.path("email").asString());
        body.put("password", credentials.path("password").asString());
        var signed = sendAs("", "POST", "/v1/auth/login", body.toString()).expect(200);
        return new Api(base, signed.text("token"));
    }

    /// With another key; an empty one is left out.
    Reply sendAs(String otherKey, String method, String path, String body) {
        var request =
                HttpRequest.newBuilder(base.resolve(path))
                        .timeout(LIMIT)
                        .method(method, BodyPublishers.ofString(body));
        if (!body.isEmpty()) request.header("Content-Type", "application/json");
        if (otherKey.startsWith("wrn_")) request.header("X-API-Key", otherKey);
        else if (!otherKey.isEmpty()) request.header("Authorization", "Bearer " + otherKey);
        try {
            var response = http.send(request.build(), BodyHandlers.ofByteArray());
            var bytes = response.body();
            var mapper = JsonMapper.shared();
            var json = bytes.length == 0 ? mapper.missingNode() : mapper.readTree(bytes);
            return new Reply(response.statusCode(), json, response);
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /// Creates a capsule with the defaults and waits until it runs.
    String create() {
        return create("{}");
    }

    String create(String body) {
        var id = post(CAPSULES, body).expect(201).text("id");
        awaitStatus(id, "running", BOOT);
        return id;
    }

    /// @return the capsule object with that status
    JsonNode awaitStatus(String id, String status, Duration limit) {
        return Eventually.within(
                limit,
                () -> {
                    var reply = get(CAPSULES + "/" + id).expect(200);
                    assertThat(reply.text("status")).as("%s", reply.json()).isEqualTo(status);
                    return reply.json();
                });
    }

    String status(String id) {
        return get(CAPSULES + "/" + id).expect(200).text("status");
    }

    void destroy(String id) {
        delete(CAPSULES + "/" + id).expect(204);
    }

    /// Ids of the list, newest first.
    List<String> list() {
        var ids = new ArrayList<String>();
        get(CAPSULES).expect(200).json().forEach(c -> ids.add(c.path("id").asString()));
        return ids;
    }

    /// Runs `sh -c script`, whatever comes of it.
    Reply sh(String id, String script) {
        return exec(id, command("/bin/sh", "-c", script));
    }

    Reply exec(String id, JsonNode body) {
        return post(CAPSULES + "/" + id + "/exec", body.toString());
    }

    /// Runs `sh -c script`, which must succeed.
    ///
    /// @return its standard output
    String output(String id, String script) {
        var reply = sh(id, script).expect(200);
        assertThat(reply.json().path("exit_code").asInt(-1)).as("%s", reply.json()).isZero();
        return reply.text("stdout");
    }

    static ObjectNode command(String program, String... arguments) {
        var body = JsonMapper.shared().createObjectNode().put("cmd", program);
        var args = body.putArray("args");
        for (var argument : arguments) args.add(argument);
        return body;
    }

    /// Opens the exec stream of a capsule; nothing is sent yet.
    Stream stream(String id) {
        return socket(CAPSULES + "/" + id + "/exec/stream");
    }

    /// Opens any WebSocket.
    Stream socket(String path) {
        return socketAs(key, path);
    }

    Stream socketAs(String otherKey, String path) {
        var uri = base.resolve(path).toString();
        var listener = new Stream();
        listener.socket =
                http.newWebSocketBuilder()
                        .header("X-API-Key", otherKey)
                        .connectTimeout(LIMIT)
                        .buildAsync(URI.create(uri.replaceFirst("^http", "ws")), listener)
                        .join();
        return listener;
    }
}
