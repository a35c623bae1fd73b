package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// The rules of HTTP and the error table, over a real socket.
class ErrorsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        id = api.post("/v1/capsules", "{}").id();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static void refused(ApiProbe.Answer answer, int status, String code) {
        assertThat(answer.status()).as(answer.text()).isEqualTo(status);
        assertThat(answer.code()).isEqualTo(code);
        assertThat(answer.message()).isNotEmpty();
    }

    @Test
    void aMissingOrBadKeyIs401() {
        refused(api.as("").get("/v1/capsules"), 401, "unauthorized");
        for (var bad : List.of("x", Stack.newKey(), "wrn_" + "0".repeat(31), "wrn_' or 1=1")) {
            var answer = api.as(bad).get("/v1/capsules");
            refused(answer, 401, "unauthorized");
            assertThat(answer.message()).isEqualTo("invalid API key");
        }
        refused(api.as("").post("/v1/capsules/" + id + "/exec", "{}"), 401, "unauthorized");
    }

    @Test
    void aMalformedIdIs400() {
        var tooBig = "cl-f5lxx1zz5pnorynqglhzmsp34"; // 2^128
        for (var bad :
                List.of(
                        "x",
                        "sb-" + id.substring(3),
                        tooBig,
                        "cl-" + "z".repeat(25),
                        id.toUpperCase(java.util.Locale.ROOT),
                        id + "0")) {
            var answer = api.get("/v1/capsules/" + bad);
            refused(answer, 400, "invalid_request");
            assertThat(answer.message()).isEqualTo("invalid sandbox ID");
            refused(api.delete("/v1/capsules/" + bad), 400, "invalid_request");
        }
    }

    @Test
    void anotherTeamsCapsuleIsUnknown() throws Exception {
        var other = api.as(stack.otherTeam());
        refused(other.get("/v1/capsules/" + id), 404, "not_found");
        refused(other.delete("/v1/capsules/" + id), 404, "not_found");
        refused(other.post("/v1/capsules/" + id + "/ping", null), 404, "not_found");
        refused(other.post("/v1/capsules/" + id + "/exec", "{\"cmd\":\"true\"}"), 404, "not_found");
        assertThat(other.get("/v1/capsules").body()).isEmpty();
        refused(api.get("/v1/capsules/" + CapsuleId.random()), 404, "not_found");
        assertThat(api.get("/v1/capsules/" + id).status()).isEqualTo(200);
    }

    @Test
    void whatIsWrongWithACreateIsNamed() {
        refused(api.post("/v1/capsules", "{\"template\":\"nope\"}"), 404, "not_found");
        record Case(String body, String word) {}
        for (var c :
                List.of(
                        new Case("{", "JSON"),
                        new Case("{} {}", "JSON"),
                        new Case("[]", "object"),
                        new Case("{\"vcpus\":1,\"vcpus\":2}", "JSON"),
                        new Case("{\"vcpus\":\"2\"}", "vcpus"),
                        new Case("{\"vcpus\":1.5}", "vcpus"),
                        new Case("{\"vcpus\":5}", "vcpus"),
                        new Case("{\"vcpus\":99999999999999999999}", "vcpus"),
                        new Case("{\"memory_mb\":64}", "memory_mb"),
                        new Case("{\"memory_mb\":4096}", "memory_mb"),
                        new Case("{\"timeout_sec\":99999999}", "timeout_sec"),
                        new Case("{\"template\":7}", "template"),
                        new Case("{\"template\":\"../x\"}", "template"))) {
            var answer = api.post("/v1/capsules", c.body);
            refused(answer, 400, "invalid_request");
            assertThat(answer.message()).as(c.body).contains(c.word);
        }
    }

    @Test
    void whatIsWrongWithAnExecIsNamed() {
        var path = "/v1/capsules/" + id + "/exec";
        record Case(String body, String word) {}
        for (var c :
                List.of(
                        new Case("", "body"),
                        new Case("{}", "cmd"),
                        new Case("{\"cmd\":\"\"}", "cmd"),
                        new Case("{\"cmd\":\"a\\u0000b\"}", "cmd"),
                        new Case("{\"cmd\":\"true\",\"args\":\"x\"}", "args"),
                        new Case("{\"cmd\":\"true\",\"args\":[1]}", "args"),
                        new Case("{\"cmd\":\"true\",\"envs\":{\"A=B\":\"c\"}}", "envs"),
                        new Case("{\"cmd\":\"true\",\"envs\":[]}", "envs"),
                        new Case("{\"cmd\":\"true\",\"timeout_sec\":\"1\"}", "timeout_sec"),
                        new Case("{\"cmd\":\"true\",\"timeout_sec\":604801}", "timeout_sec"),
                        new Case("{\"cmd\":\"true\",\"background\":\"yes\"}", "background"))) {
            var answer = api.post(path, c.body);
            refused(answer, 400, "invalid_request");
            assertThat(answer.message()).as(c.body).contains(c.word);
        }
    }

    @Test
    void aBodyAbove1MiBIs413() {
        refused(api.post("/v1/capsules", "\"" + "x".repeat(1 << 20) + "\""), 413, "too_large");
    }

    /// A connection that is closed while bytes still arrive takes its answer with it.
    @Test
    void whoSendsAllBeforeItReadsSeesTheRefusal() throws Exception {
        var big = "x".repeat(16 << 20);
        record Case(String head, int status) {}
        for (var c :
                List.of(
                        new Case("POST /v1/capsules HTTP/1.1\r\nX-API-Key: " + stack.key, 413),
                        new Case("POST /v1/capsules HTTP/1.1\r\nX-API-Key: wrn_no", 401),
                        new Case(
                                "POST /v1/capsules/x/exec HTTP/1.1\r\nX-API-Key: " + stack.key,
                                400)))
            try (var client = new RawClient(control.port())) {
                client.send(c.head + "\r\nHost: a\r\nContent-Length: " + big.length() + "\r\n\r\n");
                client.send(big);
                assertThat(client.answer().status()).as(c.head).isEqualTo(c.status);
            }
    }

    @Test
    void unknownRoutesAndMethodsHaveTheEnvelope() {
        refused(api.get("/v1/nope"), 404, "not_found");
        refused(api.get("/"), 404, "not_found");
        refused(api.call("PUT", "/v1/capsules", "{}"), 405, "method_not_allowed");
        refused(api.call("PATCH", "/v1/capsules/" + id, "{}"), 405, "method_not_allowed");
        refused(api.call("POST", "/health", "{}"), 405, "method_not_allowed");
        refused(api.get("/v1/capsules/" + id + "/exec/stream"), 400, "invalid_request");
    }

    @Test
    void aliasesSlashesAndHeadWork() {
        for (var path :
                List.of(
                        "/v1/capsules/",
                        "/v1/sandboxes/",
                        "/api/v1/capsules/",
                        "/api/v1/sandboxes/"))
            assertThat(api.get(path + id).body().path("id").asString()).isEqualTo(id);
        assertThat(api.get("/v1/capsules/" + id + "/").status()).isEqualTo(200);
        assertThat(api.get("/api/health/").status()).isEqualTo(200);
        var head = api.call("HEAD", "/v1/capsules/" + id, null);
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.text()).isEmpty();
        assertThat(api.call("HEAD", "/v1/capsules/" + CapsuleId.random(), null).status())
                .isEqualTo(404);
        var run = api.post("/api/v1/sandboxes/" + id + "/exec", "{\"cmd\":\"true\"}");
        assertThat(run.status()).isEqualTo(200);
    }

    @Test
    void aSaneRequestIdIsKeptAnotherReplaced() throws Exception {
        for (var given : List.of("abc-1.2:3", "spaces are not", "x".repeat(65))) {
            var request =
                    HttpRequest.newBuilder(
                                    URI.create("http://127.0.0.1:" + control.port() + "/health"))
                            .header("X-Request-Id", given)
                            .build();
            var response = ApiProbe.HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            var id = response.headers().firstValue("X-Request-Id").orElseThrow();
            if (given.equals("abc-1.2:3")) assertThat(id).isEqualTo(given);
            else assertThat(id).startsWith("req-");
        }
    }

    @Test
    void whatIsNotHttpIsRefusedWithTheEnvelope() throws Exception {
        for (var text :
                List.of(
                        "GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
                        "GET /health HTTP/1.1\r\n\r\n",
                        "POST /v1/capsules HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                                + "Transfer-Encoding: chunked\r\n\r\n")) {
            try (var socket = new Socket("127.0.0.1", control.port())) {
                socket.setSoTimeout(5000);
                socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
                socket.shutdownOutput();
                var answer =
                        new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(answer).as(text).contains(" 400 ").contains("{\"error\":{");
                assertThat(answer.toLowerCase(java.util.Locale.ROOT)).doesNotContain("jetty");
            }
        }
    }

    @Test
    void aHeadThatNeverEndsIsCutOff() throws Exception {
        try (var socket = new Socket("127.0.0.1", control.port())) {
            socket.setSoTimeout((int) Duration.ofSeconds(10).toMillis());
            socket.getOutputStream()
                    .write("GET /health HTTP/1.1\r\nX:".getBytes(StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
    }

    @Test
    void theRoutesForOperatorsAnswer() {
        assertThat(api.get("/health").body().path("status").asString()).isEqualTo("ok");
        assertThat(api.get("/ready").body().path("status").asString()).isEqualTo("ready");
        assertThat(api.get("/metrics").text())
                .contains("wrenn_http_requests")
                .contains("wrenn_hosts_ready 1.0");
        assertThat(api.get("/openapi.yaml").text()).startsWith("#").contains("openapi: 3.1.0");
        assertThat(api.get("/docs").text())
                .contains("/v1/capsules/{id}/exec")
                .doesNotContain("src=");
        var templates = api.get("/v1/snapshots").body();
        assertThat(templates.get(0).path("name").asString()).isEqualTo("minimal");
        assertThat(templates.get(0).path("platform").asBoolean()).isTrue();
        assertThat(api.get("/v1/snapshots?type=snapshot").body()).isEmpty();
        refused(api.get("/v1/snapshots?type=x"), 400, "invalid_request");
        refused(api.as("").get("/v1/snapshots"), 401, "unauthorized");
    }
}
