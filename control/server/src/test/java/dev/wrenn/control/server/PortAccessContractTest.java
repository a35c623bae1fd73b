package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/// Who may use a port, and what the proxy itself answers.
class PortAccessContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
    private static final Duration SOON = Duration.ofSeconds(20);

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static GuestServer guest;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        guest =
                new GuestServer((head, _, out) -> {
                    GuestServer.answer(out, "200 OK", "", head);
                    return true;
                });
    }

    @AfterAll
    static void stop() throws Exception {
        guest.close();
        control.close();
        stack.close();
    }

    private static RawClient.Answer get(String host, String target, String... headers)
            throws IOException {
        try (var client = new RawClient(control.port())) {
            var text = new StringBuilder("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n");
            for (var header : headers) text.append(header).append("\r\n");
            return client.send(text + "\r\n").answer();
        }
    }

    private static String create(String body) {
        var answer = api.post("/v1/capsules", body);
        assertThat(answer.status()).isEqualTo(201);
        return answer.id();
    }

    private static String host(String id) {
        return guest.port() + "-" + id + ".example.org:8080";
    }

    @Test
    void whatIsWrongWithTheAddressIsTold() throws Exception {
        var id = create("{}");
        assertThat(get("0-" + id + ".x", "/").body()).isEqualTo("invalid port");
        assertThat(get("080-" + id + ".x", "/").status()).isEqualTo(400);
        assertThat(get("65536-" + id + ".x", "/").status()).isEqualTo(400);
        assertThat(get("80-cl-short.x", "/").body()).isEqualTo("invalid sandbox ID");
        assertThat(get("80-cl-zzzzzzzzzzzzzzzzzzzzzzzzz.x", "/").status()).isEqualTo(400);
        var unknown = get("80-cl-0000000000000000000000000.x", "/");
        assertThat(unknown.status()).isEqualTo(404);
        assertThat(unknown.body()).isEqualTo("sandbox not found");
        assertThat(unknown.header("Content-Type")).hasValue("text/plain; charset=utf-8");
        assertThat(get("49983-" + id + ".x", "/health").status()).isEqualTo(403);
        assertThat(get("x80-" + id + ".x", "/health").status()).isEqualTo(200); // the API's
        assertThat(get("localhost", "/a%2Fb").status()).isEqualTo(400); // which stays strict
    }

    @Test
    void aPageIsForWhoWantsOne() throws Exception {
        var id = create("{}");
        int nobody;
        try (var socket = new ServerSocket(0)) {
            nobody = socket.getLocalPort();
        }
        var host = nobody + "-" + id + ".x";
        var text = get(host, "/", "Accept: */*");
        assertThat(text.status()).isEqualTo(502);
        assertThat(text.body()).startsWith("proxy error: ");
        var page =
                get(host, "/<script>", "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        assertThat(page.status()).isEqualTo(502);
        assertThat(page.header("Content-Type")).hasValue("text/html; charset=utf-8");
        assertThat(page.body()).contains("<h1>proxy error: ").doesNotContain("<script>");
    }

    @Test
    void theStateOfTheCapsuleCountsAtOnce() throws Exception {
        var id = create("{}");
        assertThat(get(host(id), "/").status()).isEqualTo(200);
        api.post("/v1/capsules/" + id + "/pause", "");
        var paused = get(host(id), "/");
        assertThat(paused.status()).isEqualTo(409);
        assertThat(paused.body()).isEqualTo("sandbox is not running (status: paused)");
        api.post("/v1/capsules/" + id + "/resume", "");
        api.awaitStatus(id, "running", SOON);
        assertThat(get(host(id), "/").status()).isEqualTo(200);
        api.delete("/v1/capsules/" + id);
        assertThat(get(host(id), "/").body()).isEqualTo("sandbox is not running (status: stopped)");
    }

    @Test
    void whatTheHostSaysCountsBeforeItIsStored() throws Exception {
        var id = create("{}");
        stack.agent.forget(id);
        var answer = get(host(id), "/");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.body()).isEqualTo("sandbox is not available");
        assertThat(answer.header("Retry-After")).hasValue("1");
    }

    @Test
    void oneThatIsOnItsWayIsWaitedFor() throws Exception {
        stack.agent.holdBoots();
        var id = create("{}");
        var answer = get(host(id), "/");
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.header("Retry-After")).hasValue("1");
        stack.agent.releaseBoots();
        api.awaitStatus(id, "running", SOON);
        assertThat(get(host(id), "/").status()).isEqualTo(200);
    }

    @Test
    void aRequestCanLetItGoOn() throws Exception {
        var id = create("{\"proxy\":{\"auto_resume\":true}}");
        assertThat(
                        api.get("/v1/capsules/" + id + "/proxy")
                                .body()
                                .path("auto_resume")
                                .booleanValue())
                .isTrue();
        api.post("/v1/capsules/" + id + "/pause", "");
        assertThat(get(host(id), "/").status()).isEqualTo(200);
        api.awaitStatus(id, "running", SOON);
    }

    @Test
    void aPrivatePortAsksForProof() throws Exception {
        var id = create("{\"proxy\":{\"access\":\"private\"}}");
        assertThat(get(host(id), "/").status()).isEqualTo(401);
        assertThat(get(host(id), "/", "X-API-Key: " + stack.key).status()).isEqualTo(200);
        assertThat(get(host(id), "/", "X-API-Key: " + stack.otherTeam()).status()).isEqualTo(403);
        assertThat(get(host(id), "/", "X-API-Key: wrong").status()).isEqualTo(403);
        api.call("PATCH", "/v1/capsules/" + id + "/proxy", "{\"access\":\"public\"}");
        assertThat(get(host(id), "/").status()).isEqualTo(200);
    }

    @Test
    void aLinkOpensItsPort() throws Exception {
        var id = create("{\"proxy\":{\"access\":\"private\"}}");
        var link =
                api.post("/v1/capsules/" + id + "/proxy/links", "{\"port\":" + guest.port() + "}");
        assertThat(link.status()).isEqualTo(201);
        var url = URI.create(link.body().path("url").asString());
        assertThat(url.getHost()).isEqualTo(guest.port() + "-" + id + ".localhost");
        assertThat(url.getPort()).isEqualTo(control.port());
        var query = url.getRawQuery();

        var plain = get(host(id), "/a?x=1&" + query + "&y=2");
        assertThat(plain.status()).isEqualTo(200);
        assertThat(plain.body()).startsWith("GET /a?x=1&y=2 HTTP/1.1");

        var page = get(host(id), "/a?x=1&" + query, "Accept: text/html");
        assertThat(page.status()).isEqualTo(303);
        assertThat(page.header("Location")).hasValue("/a?x=1");
        var cookie = page.header("Set-Cookie").orElseThrow();
        assertThat(cookie).contains("HttpOnly", "SameSite=Lax", "Path=/").doesNotContain("Domain");
        var with = "Cookie: own=1; " + cookie.substring(0, cookie.indexOf(';'));
        var next = get(host(id), "/next", with);
        assertThat(next.status()).isEqualTo(200);
        assertThat(next.body()).contains("Cookie: own=1\r\n").doesNotContain("wrenn");

        var other = (guest.port() == 4000 ? 4001 : 4000) + "-" + id + ".x";
        assertThat(get(other, "/?" + query).status()).isEqualTo(403);
        assertThat(get(host(create("{\"proxy\":{\"access\":\"private\"}}")), "/?" + query).status())
                .isEqualTo(403);
        assertThat(get(host(id), "/?" + query.replace("=1", "=2")).status()).isEqualTo(403);
    }

    @Test
    void aPublicPortHasAPlainLink() {
        var id = create("{}");
        var link = api.post("/v1/capsules/" + id + "/proxy/links", "{\"port\":3000}");
        assertThat(link.body().path("url").asString())
                .isEqualTo("http://3000-" + id + ".localhost:" + control.port() + "/");
        assertThat(link.body().has("token")).isFalse();
    }

    @Test
    void mistakesOfSettingsAreTold() throws Exception {
        var id = create("{}");
        var path = "/v1/capsules/" + id + "/proxy";
        assertThat(api.call("PATCH", path, "{\"access\":\"all\"}").status()).isEqualTo(400);
        assertThat(api.call("PATCH", path, "[]").status()).isEqualTo(400);
        for (var port : new String[] {"0", "65536", "49983", "\"x\"", "null"})
            assertThat(api.post(path + "/links", "{\"port\":" + port + "}").status())
                    .isEqualTo(400);
        assertThat(api.post(path + "/links", "{\"port\":1,\"ttl_sec\":86401}").status())
                .isEqualTo(400);
        assertThat(api.post("/v1/capsules", "{\"proxy\":1}").status()).isEqualTo(400);
        var other = api.as(stack.otherTeam());
        assertThat(other.get(path).status()).isEqualTo(404);
        assertThat(other.call("PATCH", path, "{}").status()).isEqualTo(404);
        assertThat(other.post(path + "/links", "{\"port\":1}").status()).isEqualTo(404);
    }
}
