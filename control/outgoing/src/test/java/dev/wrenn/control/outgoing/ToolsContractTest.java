package dev.wrenn.control.outgoing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What each tool is sent, over the wire to a local server, and what becomes of its answers.
class ToolsContractTest {
    private static final String BODY =
            """
            {"event":"capsule.created","timestamp":"2026-05-02T10:15:29Z","team_id":"team-51a37iakuf5nuuphr0fx89og0","actor":{"type":"user","id":"usr-6dfzh5ik5uxynzmlf5cshamdk","name":"Ada"},"resource":{"id":"cl-eh20m2rvgvw6snhr754ezwsqh","type":"sandbox"}}\
            """
                    .strip();
    private static final String SECRET =
            "3f1c9a5be27d04886b1f0e7ac2d4951736e8b0cfa1d25e94738b6c0d1f2a3e45";
    private static final InstantSource CLOCK =
            InstantSource.fixed(Instant.parse("2026-05-02T10:15:30.5Z"));
    private static final UUID DELIVERY = UUID.fromString("8c3ff5a4-54a8-4b2c-9d0f-3c0f5f3c5d0e");
    private static final String JSON_TEXT = "Capsule x created\\n\\nEvent: y";

    private final Message message =
            new Message(DELIVERY, envelope(), "Capsule x created", "Capsule x created\n\nEvent: y");

    private Receiver receiver;
    private SafeCourier courier;

    private static Map<String, Object> envelope() {
        var actor = new LinkedHashMap<String, Object>();
        actor.put("type", "user");
        actor.put("id", "usr-6dfzh5ik5uxynzmlf5cshamdk");
        actor.put("name", "Ada");
        var resource = new LinkedHashMap<String, Object>();
        resource.put("id", "cl-eh20m2rvgvw6snhr754ezwsqh");
        resource.put("type", "sandbox");
        var all = new LinkedHashMap<String, Object>();
        all.put("event", "capsule.created");
        all.put("timestamp", "2026-05-02T10:15:29Z");
        all.put("team_id", "team-51a37iakuf5nuuphr0fx89og0");
        all.put("actor", actor);
        all.put("resource", resource);
        return all;
    }

    @BeforeEach
    void start() {
        receiver = Receiver.start();
        courier = SafeCourier.start(TargetRules.of(List.of("localhost")));
    }

    @AfterEach
    void stop() {
        courier.close();
        receiver.close();
    }

    private Receiver.Got sent(Provider tool, Map<String, String> config) {
        assertThat(courier.deliver(tool.request(config, message)))
                .isEqualTo(new Delivered.Done(204));
        var got = receiver.got.poll();
        assertThat(got).isNotNull();
        assertThat(got.headers().get("Content-Type")).isEqualTo("application/json");
        assertThat(receiver.got).isEmpty();
        return got;
    }

    private Map<String, String> at(String path) {
        return Map.of("webhook_url", receiver.url(path));
    }

    @Test
    void discord() {
        var got = sent(TextTool.DISCORD, at("/api/webhooks/1/t"));
        assertThat(got.method() + " " + got.path()).isEqualTo("POST /api/webhooks/1/t");
        assertThat(got.body()).isEqualTo("{\"content\":\"" + JSON_TEXT + "\"}");
    }

    @Test
    void slack() {
        var got = sent(TextTool.SLACK, at("/services/T/B/X"));
        assertThat(got.method() + " " + got.path()).isEqualTo("POST /services/T/B/X");
        assertThat(got.body()).isEqualTo("{\"text\":\"" + JSON_TEXT + "\"}");
    }

    @Test
    void teams() {
        var got = sent(TextTool.TEAMS, at("/webhookb2/x"));
        assertThat(got.body())
                .isEqualTo(
                        "{\"@type\":\"MessageCard\",\"@context\":\"http://schema.org/extensions\","
                                + "\"summary\":\"Capsule x created\",\"text\":\""
                                + JSON_TEXT
                                + "\"}");
    }

    @Test
    void googleChatKeepsTheQuery() {
        var got = sent(TextTool.GOOGLE_CHAT, at("/v1/spaces/A/messages?key=k&token=t%3D"));
        assertThat(got.path()).isEqualTo("/v1/spaces/A/messages?key=k&token=t%3D");
        assertThat(got.body()).isEqualTo("{\"text\":\"" + JSON_TEXT + "\"}");
    }

    @Test
    void email() {
        var request =
                Tools.all(CLOCK)
                        .get("email")
                        .request(Map.of("address", "a+b@example.org"), message);
        assertThat(request.url()).hasToString("mailto:a%2Bb%40example.org");
        assertThat(request.headers()).containsExactly(Map.entry("Subject", message.title()));
        assertThat(request.body()).isEqualTo(message.text());
    }

    @Test
    void telegram() {
        var got =
                sent(
                        new Telegram(URI.create(receiver.url(""))),
                        Map.of("bot_token", "1:a-b", "chat_id", "-100"));
        assertThat(got.method() + " " + got.path()).isEqualTo("POST /bot1:a-b/sendMessage");
        assertThat(got.body()).isEqualTo("{\"chat_id\":\"-100\",\"text\":\"" + JSON_TEXT + "\"}");
    }

    @Test
    void matrix() {
        var got =
                sent(
                        new Matrix(),
                        Map.of(
                                "homeserver_url",
                                receiver.url("/"),
                                "access_token",
                                "tok",
                                "room_id",
                                "!r:example.org"));
        assertThat(got.method()).isEqualTo("PUT");
        assertThat(got.path())
                .isEqualTo(
                        "/_matrix/client/v3/rooms/%21r%3Aexample.org/send/m.room.message/"
                                + DELIVERY);
        assertThat(got.headers().get("Authorization")).isEqualTo("Bearer tok");
        assertThat(got.body()).isEqualTo("{\"msgtype\":\"m.text\",\"body\":\"" + JSON_TEXT + "\"}");
    }

    @Test
    void theWebhookOfTheWorkedExampleByteForByte() {
        var got = sent(new Webhook(CLOCK), Map.of("url", receiver.url("/hook"), "secret", SECRET));
        assertThat(got.body()).isEqualTo(BODY).hasSize(245);
        assertThat(got.headers().get("X-WRENN-SIGNATURE"))
                .isEqualTo(
                        "sha256=7997cb3c62f642afe698e3a2729ab1a1139564b5ff9446ffff6ece1b111f5c56");
        assertThat(got.headers().get("X-Wrenn-Timestamp")).isEqualTo("2026-05-02T10:15:30Z");
        assertThat(got.headers().get("X-Wrenn-Delivery")).isEqualTo(DELIVERY.toString());
    }

    @Test
    void whatCannotBeUsedIsRefusedByName() {
        record Case(String tool, Map<String, String> config, String field) {}
        var tools = Tools.all(CLOCK);
        var hook = "webhook_url";
        for (var c :
                List.of(
                        new Case("discord", Map.of(hook, "https://discord.com/x"), hook),
                        new Case("discord", Map.of(hook, "https://x.com/api/webhooks/1/t"), hook),
                        new Case(
                                "discord",
                                Map.of(hook, "http://discord.com/api/webhooks/1/t"),
                                hook),
                        new Case("slack", Map.of(hook, "https://hooks.slack.com/services/T"), hook),
                        new Case("teams", Map.of(hook, "https://x.webhook.office.com/a"), hook),
                        new Case(
                                "googlechat", Map.of(hook, "https://chat.googleapis.com.x/"), hook),
                        new Case("telegram", Map.of("bot_token", "x", "chat_id", "1"), "bot_token"),
                        new Case(
                                "telegram",
                                Map.of("bot_token", "1:x", "chat_id", "a b"),
                                "chat_id"),
                        new Case(
                                "matrix",
                                Map.of(
                                        "homeserver_url",
                                        "http://m",
                                        "access_token",
                                        "t",
                                        "room_id",
                                        "!r"),
                                "homeserver_url"),
                        new Case("email", Map.of("address", "a@b\nBcc: c@d"), "address"),
                        new Case("webhook", Map.of("url", "ftp://x", "secret", SECRET), "url"),
                        new Case(
                                "webhook",
                                Map.of("url", "https://u:p@x/", "secret", SECRET),
                                "url"),
                        new Case("webhook", Map.of("url", "https://x/", "secret", "s"), "secret")))
            assertThat(tools.get(c.tool).problem(c.config))
                    .as(c.toString())
                    .hasValueSatisfying(words -> assertThat(words).startsWith(c.field + ": "));
        var guid = "01234567-89ab-cdef-0123-456789abcdef";
        var teams = "https://x.webhook.office.com/webhookb2/" + guid + "@" + guid;
        var good =
                Map.of(
                        "discord", "https://discordapp.com/api/webhooks/12/a-b_c",
                        "slack", "https://hooks.slack.com/services/T1/B2/X3",
                        "teams", teams + "/IncomingWebhook/" + "ab".repeat(16) + "/" + guid,
                        "googlechat", "https://chat.googleapis.com/v1/spaces/A/messages?key=k");
        good.forEach((tool, url) ->
                assertThat(tools.get(tool).problem(Map.of(hook, url))).as(tool).isEmpty());
    }

    @Test
    void answersAreSortedByWhetherTheyMayPass() {
        var none = Optional.<Duration>empty();
        receiver.headers = Map.of("Retry-After", "7");
        assertThat(answer(429))
                .isEqualTo(
                        new Delivered.Later(
                                "answered 429",
                                Optional.of(429),
                                Optional.of(Duration.ofSeconds(7))));
        receiver.headers = Map.of("Retry-After", "never");
        for (int status : new int[] {408, 425, 429, 500, 502, 503, 504})
            assertThat(answer(status))
                    .isEqualTo(
                            new Delivered.Later("answered " + status, Optional.of(status), none));
        receiver.headers = Map.of();
        for (int status : new int[] {400, 401, 403, 404, 410})
            assertThat(answer(status))
                    .isEqualTo(new Delivered.Never("answered " + status, Optional.of(status)));
    }

    private Delivered answer(int status) {
        receiver.status = status;
        return courier.deliver(TextTool.SLACK.request(at("/x"), message));
    }

    @Test
    void aLongAnswerIsNotRead() {
        receiver.status = 200;
        receiver.body = new byte[64 << 20];
        assertThat(courier.deliver(TextTool.SLACK.request(at("/x"), message)))
                .isEqualTo(new Delivered.Done(200));
    }

    @Test
    void whoIsNotThereIsTriedLater() {
        int port = receiver.port();
        receiver.close();
        var request =
                TextTool.SLACK.request(
                        Map.of("webhook_url", "http://localhost:" + port + "/x"), message);
        assertThat(courier.deliver(request))
                .isEqualTo(new Delivered.Later("not reached", Optional.empty(), Optional.empty()));
    }
}
