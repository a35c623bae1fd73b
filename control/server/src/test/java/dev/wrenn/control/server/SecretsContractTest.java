package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.domain.channels.Seals;
import java.io.IOException;
import java.net.ServerSocket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.RedisClient;
import tools.jackson.databind.json.JsonMapper;

/// Where secrets go: nowhere. Every secret used is looked for in the log, in every answer that does
/// not hand it out, and in all that the database and Redis hold.
class SecretsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String GUID = "01234567-89ab-cdef-0123-456789abcdef";

    private final Map<String, String> secrets = new LinkedHashMap<>();
    private final List<String> said = new ArrayList<>();
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final AppenderBase<ILoggingEvent> listener =
            new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent event) {
                    var thrown = event.getThrowableProxy();
                    log.add(
                            event.getFormattedMessage()
                                    + event.getKeyValuePairs()
                                    + event.getMDCPropertyMap()
                                    + (thrown == null ? "" : ThrowableProxyUtil.asString(thrown)));
                }
            };

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }

    @BeforeEach
    void listen() {
        listener.setContext(root().getLoggerContext());
        listener.start();
        root().addAppender(listener);
    }

    @AfterEach
    void stopListening() {
        root().detachAppender(listener);
    }

    private String secret(String name, String value) {
        secrets.put(name, value);
        return value;
    }

    /// Configurations of all tools; the targets of most are on the Internet and hear of nothing.
    private Map<String, Map<String, String>> configs(int deadPort) {
        var hook = "webhook_url";
        return Map.of(
                "discord",
                Map.of(hook, "https://discord.com/api/webhooks/12/" + secret("d", "dIsCoRd-7f3a")),
                "slack",
                Map.of(hook, "https://hooks.slack.com/services/T1/B2/" + secret("s", "SlAcK7f3b")),
                "teams",
                Map.of(
                        hook,
                        "https://x.webhook.office.com/webhookb2/%s@%s/IncomingWebhook/%s/%s"
                                .formatted(GUID, GUID, secret("t", "7f3c".repeat(8)), GUID)),
                "googlechat",
                Map.of(
                        hook,
                        "https://chat.googleapis.com/v1/spaces/A/messages?key="
                                + secret("g", "gOoGlE-7f3d")),
                "telegram",
                Map.of("bot_token", "71:" + secret("b", "tElEgRaM-7f3e"), "chat_id", "-100"),
                "matrix",
                Map.of(
                        "homeserver_url",
                        "https://matrix.example.org",
                        "access_token",
                        secret("m", "mAtRiX-7f3f"),
                        "room_id",
                        "!r:example.org"),
                "webhook",
                Map.of("url", "http://localhost:" + deadPort + "/" + secret("w", "wEbHoOk-7f40")));
    }

    @Test
    void noSecretIsFoundAnywhere() throws Exception {
        try (var stack = new Stack(POSTGRES, REDIS);
                var control = stack.control()) {
            var api = stack.probe(control);
            var ada = Person.signUp(api, "Ada");
            secret("password", Person.PASSWORD);
            secret("token", ada.token());
            for (var scope : List.of("full", "read-only", "exec-only"))
                secret(scope, ada.key(scope).headers().values().iterator().next());
            secret("key", stack.key);
            secret("server", Stack.IDENTITY.secret().reveal());
            useChannels(ada);
            useCredentials(api, ada);
            search();
        }
    }

    private void useChannels(Person ada) throws IOException {
        int dead = closedPort();
        for (var config : configs(dead).entrySet()) {
            boolean webhook = config.getKey().equals("webhook");
            var body =
                    JsonMapper.shared()
                            .writeValueAsString(
                                    Map.of(
                                            "name",
                                            config.getKey(),
                                            "provider",
                                            config.getKey(),
                                            "config",
                                            config.getValue(),
                                            "events",
                                            List.of(webhook ? "capsule.created" : "host.down")));
            var made = ada.api().post("/v1/channels", body);
            assertThat(made.status()).as(config.getKey() + made.text()).isEqualTo(201);
            var path = "/v1/channels/" + made.id();
            if (webhook) {
                secret("hmac", made.body().path("secret").asString());
                ada.api().post("/v1/capsules", "{}"); // told to a port where nobody is
                Stack.await(
                        Duration.ofSeconds(20),
                        () -> ada.api().get(path + "/deliveries").text().contains("\"error\""));
            }
            said.add(ada.api().get(path).text());
            said.add(ada.api().get(path + "/deliveries").text());
            var wrong = Map.of("config", Map.of("no-such-field", secrets.get("w")));
            var text = JsonMapper.shared().writeValueAsString(wrong);
            said.add(ada.api().call("PUT", path + "/config", text).text());
        }
        said.add(ada.api().get("/v1/channels").text());
        said.add(ada.api().get("/v1/audit-logs").text());
    }

    private void useCredentials(ApiProbe api, Person ada) {
        var anyone = api.with(Map.of());
        var wrong = Person.body("email", ada.email(), "password", secret("guess", "gUeSs-7f41"));
        said.add(anyone.post("/v1/auth/login", wrong).text());
        var headers = Map.of("X-API-Key", secret("no key", "wrn_" + "7f".repeat(16)));
        said.add(api.with(headers).get("/v1/capsules").text());
        var bearer = Map.of("Authorization", "Bearer " + secret("no token", "abc.7f43.def"));
        said.add(api.with(bearer).get("/v1/capsules").text());
        said.add(ada.api().get("/v1/api-keys").text());
        said.add(ada.api().get("/v1/me").text());
    }

    private static int closedPort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void search() throws Exception {
        var stores = database();
        try (var redis = RedisClient.create(REDIS.uri())) {
            for (var key : redis.keys("*"))
                stores.add(
                        key
                                + switch (redis.type(key)) {
                                    case "stream" -> redis.xrange(key, "-", "+", 10_000).toString();
                                    case "string" -> redis.get(key);
                                    case "list" -> redis.lrange(key, 0, -1).toString();
                                    case "hash" -> redis.hgetAll(key).toString();
                                    case "set" -> redis.smembers(key).toString();
                                    case "zset" -> redis.zrange(key, 0, -1).toString();
                                    default -> throw new AssertionError(redis.type(key));
                                });
        }
        assertThat(log).isNotEmpty();
        assertThat(stores).anyMatch(row -> row.contains("capsule.created"));
        secrets.forEach((name, value) -> {
            assertThat(value).as(name).hasSizeGreaterThan(8);
            for (var place : List.of(List.copyOf(log), said, stores))
                assertThat(place.stream().filter(line -> line.contains(value)).toList())
                        .as("secret %s", name)
                        .isEmpty();
        });
    }

    /// Every row of every table, as text.
    private static List<String> database() throws Exception {
        var tables = new ArrayList<String>();
        var rows = new ArrayList<String>();
        try (var connection = POSTGRES.connect();
                var statement = connection.createStatement()) {
            try (var names =
                    statement.executeQuery(
                            "select quote_ident(tablename) from pg_tables"
                                    + " where schemaname = 'public'")) {
                while (names.next()) tables.add(names.getString(1));
            }
            for (var table : tables)
                try (var all = statement.executeQuery("select t::text from " + table + " t")) {
                    while (all.next()) rows.add(table + " " + all.getString(1));
                }
        }
        return rows;
    }

    /// Fault: started with another key than before.
    @Test
    void theWrongKeyKeepsItFromStarting() throws Exception {
        try (var stack = new Stack(POSTGRES, REDIS)) {
            try (var control = stack.control()) {
                var ada = Person.signUp(stack.probe(control), "Ada");
                var body =
                        """
                        {"name":"hook","provider":"webhook","config":{"url":"http://localhost:9"},
                         "events":["host.down"]}\
                        """;
                assertThat(ada.api().post("/v1/channels", body).status()).isEqualTo(201);
            }
            var seals = new Seals(new Secret("ff".repeat(32)), List.of(), new SecureRandom());
            var config = sealedBy(seals, stack.config());
            assertThatThrownBy(() -> Control.start(config).close())
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("WRENN_ENCRYPTION_KEY")
                    .hasMessageNotContaining("ffff");
        }
    }

    private static ControlConfig sealedBy(Seals seals, ControlConfig config) {
        var identity = config.identity();
        return new ControlConfig(
                config.database(),
                config.connections(),
                config.redisUrl(),
                config.redisPassword(),
                config.api(),
                config.authority(),
                config.bootstrap(),
                config.limits(),
                new IdentityConfig(
                        identity.secret(),
                        identity.publicUrl(),
                        identity.passwordsAtOnce(),
                        identity.attempts(),
                        identity.smtp(),
                        identity.mailDirectory(),
                        identity.from(),
                        new ChannelConfig(seals, identity.channels().targets()),
                        identity.gitHub()),
                config.fleet(),
                config.builds(),
                config.objects());
    }
}
