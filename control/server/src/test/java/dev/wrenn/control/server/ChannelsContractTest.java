package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/// Channels from their making to what arrives.
class ChannelsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static HttpServer server;
    private static final LinkedBlockingQueue<Got> GOT = new LinkedBlockingQueue<>();

    private record Got(String path, String signature, String time, String delivery, String body) {
        String line() {
            var json = JsonMapper.shared().readTree(body);
            return json.path("event").asString() + " " + json.at("/resource/id").asString();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    var headers = exchange.getRequestHeaders();
                    var path = exchange.getRequestURI().getPath();
                    GOT.add(
                            new Got(
                                    path,
                                    headers.getFirst("X-Wrenn-Signature"),
                                    headers.getFirst("X-Wrenn-Timestamp"),
                                    headers.getFirst("X-Wrenn-Delivery"),
                                    new String(
                                            exchange.getRequestBody().readAllBytes(),
                                            StandardCharsets.UTF_8)));
                    exchange.sendResponseHeaders(path.startsWith("/gone") ? 410 : 204, -1);
                    exchange.close();
                });
        server.start();
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
        server.stop(0);
    }

    private static String url(String path) {
        return "http://localhost:" + server.getAddress().getPort() + path;
    }

    private static String channel(String name, String path, String events) {
        return """
        {"name":"%s","provider":"webhook","config":{"url":"%s"},"events":[%s]}\
        """
                .formatted(name, url(path), events);
    }

    /// What arrived at a path, in order, until there is so much.
    private static List<Got> arrived(String path, int count) throws InterruptedException {
        var all = new java.util.ArrayList<Got>();
        long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        var others = new java.util.ArrayList<Got>();
        while (all.size() < count) {
            var got = GOT.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            assertThat(got).as(path + ": " + all).isNotNull();
            (got.path.equals(path) ? all : others).add(got);
        }
        GOT.addAll(others);
        return all;
    }

    @Test
    void whatHappensArrivesSignedAndInOrder() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var made =
                ada.api()
                        .post(
                                "/v1/channels",
                                channel(
                                        " My Hook ",
                                        "/order",
                                        "\"capsule.created\",\"capsule.paused\","
                                                + "\"capsule.running\",\"capsule.destroyed\""));
        assertThat(made.status()).as(made.text()).isEqualTo(201);
        assertThat(made.body().path("name").asString()).isEqualTo("my-hook");
        var secret = made.body().path("secret").asString();
        assertThat(secret).matches("[0-9a-f]{64}");
        var capsule = ada.api().post("/v1/capsules", "{}").id();
        ada.api().post("/v1/capsules/" + capsule + "/pause", null);
        ada.api().post("/v1/capsules/" + capsule + "/resume", null);
        ada.api().delete("/v1/capsules/" + capsule);
        var got = arrived("/order", 4);
        assertThat(got.stream().map(Got::line))
                .containsExactly(
                        "capsule.created " + capsule,
                        "capsule.paused " + capsule,
                        "capsule.running " + capsule,
                        "capsule.destroyed " + capsule);
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
        for (var one : got) {
            var text = (one.time + "." + one.body).getBytes(StandardCharsets.UTF_8);
            assertThat(one.signature)
                    .isEqualTo("sha256=" + HexFormat.of().formatHex(mac.doFinal(text)));
        }
        var path = "/v1/channels/" + made.id();
        Stack.await(
                Duration.ofSeconds(5),
                () ->
                        ada.api()
                                .get(path + "/deliveries")
                                .body()
                                .findValuesAsString("state")
                                .equals(java.util.Collections.nCopies(4, "delivered")));
        var log = ada.api().get(path + "/deliveries").body();
        assertThat(log.get(0).path("id").asString()).isEqualTo(got.getLast().delivery);
        assertThat(log.get(0).path("status").asInt()).isEqualTo(204);
        var again = path + "/deliveries/" + got.getFirst().delivery + "/redeliver";
        assertThat(ada.api().post(again, null).status()).isEqualTo(202);
        assertThat(arrived("/order", 1).getFirst().delivery).isEqualTo(got.getFirst().delivery);
    }

    @Test
    void oneThatRefusesIsGivenUpAndSaysWhyWhileOthersGoOn() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var events = "\"capsule.created\"";
        var gone = ada.api().post("/v1/channels", channel("gone", "/gone", events)).id();
        var good = ada.api().post("/v1/channels", channel("good", "/good", events)).id();
        var capsule = ada.api().post("/v1/capsules", "{}").id();
        assertThat(arrived("/good", 1).getFirst().line()).isEqualTo("capsule.created " + capsule);
        Stack.await(
                Duration.ofSeconds(5),
                () ->
                        ada.api()
                                .get("/v1/channels/" + gone)
                                .body()
                                .path("last_error")
                                .asString("")
                                .equals("answered 410"));
        assertThat(ada.api().get("/v1/channels/" + good).body().has("last_error")).isFalse();
        var log = ada.api().get("/v1/channels/" + gone + "/deliveries").body();
        assertThat(log.get(0).path("state").asString()).isEqualTo("failed");
        var config = "{\"config\":{\"url\":\"" + url("/mended") + "\"}}";
        var mended = ada.api().call("PUT", "/v1/channels/" + gone + "/config", config);
        assertThat(mended.body().path("secret").asString()).matches("[0-9a-f]{64}");
        assertThat(mended.body().has("last_error")).isFalse();
        var id = log.get(0).path("id").asString();
        ada.api().post("/v1/channels/" + gone + "/deliveries/" + id + "/redeliver", null);
        assertThat(arrived("/mended", 1).getFirst().delivery).isEqualTo(id);
    }

    @Test
    void wrongInputNamesTheFieldAndSecretsAreNeverShown() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        record Case(String body, String start) {}
        for (var c :
                List.of(
                        new Case("{}", "name"),
                        new Case(channel("a/b", "/x", "\"host.up\""), "name"),
                        new Case(channel("a", "/x", ""), "events"),
                        new Case(channel("a", "/x", "\"no.such\""), "events"),
                        new Case(
                                channel("a", "/x", "\"host.up\"").replace("webhook", "carrier"),
                                "provider"),
                        new Case(
                                channel("a", "/x", "\"host.up\"").replace("\"url\"", "\"uri\""),
                                "config.url"),
                        new Case(
                                channel("a", "/x", "\"host.up\"").replace("http:", "ftp:"),
                                "config.url"))) {
            var answer = ada.api().post("/v1/channels", c.body);
            assertThat(answer.status()).as(c.body).isEqualTo(400);
            assertThat(answer.message()).startsWith(c.start);
        }
        var odd = channel("a", "/x", "\"host.up\"").replace("{\"url\"", "{\"x\":\"y\",\"url\"");
        assertThat(ada.api().post("/v1/channels", odd).message()).startsWith("config");
        var made = ada.api().post("/v1/channels", channel("a", "/s3cr3t", "\"host.up\""));
        assertThat(ada.api().post("/v1/channels", channel("A", "/x", "\"host.up\"")).code())
                .isEqualTo("conflict");
        var secret = made.body().path("secret").asString();
        for (var path : List.of("/v1/channels", "/v1/channels/" + made.id(), "/v1/audit-logs"))
            assertThat(ada.api().get(path).text()).doesNotContain("s3cr3t", secret);
        assertThat(grace.api().get("/v1/channels/" + made.id()).status()).isEqualTo(404);
        assertThat(ada.key("full").get("/v1/channels").status()).as("a key").isEqualTo(401);
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement();
                var rows = statement.executeQuery("select config::text from channels")) {
            while (rows.next())
                assertThat(rows.getString(1)).doesNotContain("s3cr3t", secret, "localhost");
        }
        var renamed = ada.api().patch("/v1/channels/" + made.id(), "{\"name\":\"b\"}").body();
        assertThat(renamed.path("name").asString()).isEqualTo("b");
        assertThat(renamed.path("events").toString()).isEqualTo("[\"host.up\"]");
        assertThat(ada.api().delete("/v1/channels/" + made.id()).status()).isEqualTo(204);
        assertThat(ada.api().delete("/v1/channels/" + made.id()).status()).isEqualTo(404);
    }

    @Test
    void aTestTellsWhetherItWorksAndNothingElse() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var test = "{\"provider\":\"webhook\",\"config\":{\"url\":\"%s\"}}";
        var good = ada.api().post("/v1/channels/test", test.formatted(url("/test")));
        assertThat(good.body().path("status").asString()).isEqualTo("ok");
        assertThat(arrived("/test", 1).getFirst().line()).isEqualTo("channel.test test");
        var gone = ada.api().post("/v1/channels/test", test.formatted(url("/gone")));
        assertThat(gone.status()).isEqualTo(400);
        assertThat(gone.message()).isEqualTo("config: answered 410");
        for (var inside :
                List.of("https://127.0.0.1:1/", "https://169.254.169.254/", "http://example.org/"))
            assertThat(ada.api().post("/v1/channels/test", test.formatted(inside)).status())
                    .as(inside)
                    .isEqualTo(400);
        assertThat(ada.api().get("/v1/channels").body()).isEmpty();
    }

    @Test
    void whatWaitedWhenAControlPlaneStoppedIsToldByTheNext() throws Exception {
        var ada = Person.signUp(api, "Ada");
        ada.api().post("/v1/channels", channel("later", "/later", "\"capsule.created\""));
        control.close();
        // As if it had been committed just before the end.
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            statement.execute(
                    """
                    with row as (
                        insert into audit_logs (id, team_id, actor_type, resource_type,
                            resource_id, action, scope, status)
                        select gen_random_uuid(), team_id, 'system', 'sandbox', 'cl-late',
                               'create', 'team', 'success'
                          from channels where name = 'later'
                        returning id)
                    insert into audit_outbox (audit_id, event) select id, 'capsule.created' from row
                    """);
        }
        control = stack.control();
        api = stack.probe(control);
        assertThat(arrived("/later", 1).getFirst().line()).isEqualTo("capsule.created cl-late");
    }
}
