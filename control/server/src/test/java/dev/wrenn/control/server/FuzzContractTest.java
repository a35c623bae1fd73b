package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// Requests of every route with input made from its schema and made to hurt. The count is set by
/// `-Dwrenn.fuzz.count`, the seed by `-Dwrenn.fuzz.seed`; a failure prints the seed.
class FuzzContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final int COUNT = Integer.getInteger("wrenn.fuzz.count", 3000);
    private static final long SEED = Long.getLong("wrenn.fuzz.seed", System.nanoTime());

    private static final int ATTEMPTS = 4;

    /// What only accident would answer with.
    private static final List<String> INTERNAL =
            List.of("Exception", "\tat ", "dev.wrenn.", "java.", "org.postgresql", "select ");

    private static final Queue<String> LOG = new ConcurrentLinkedQueue<>();
    private static final AppenderBase<ILoggingEvent> LISTENER =
            new AppenderBase<>() {
                @Override
                protected void append(ILoggingEvent event) {
                    LOG.add(
                            event.getLevel()
                                    + " "
                                    + event.getFormattedMessage()
                                    + " "
                                    + event.getKeyValuePairs()
                                    + " "
                                    + (event.getThrowableProxy() == null
                                            ? ""
                                            : event.getThrowableProxy().getClassName()
                                                    + ": "
                                                    + event.getThrowableProxy().getMessage()));
                }
            };

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static final List<ApiProbe> CALLERS = new ArrayList<>();
    private static final List<String> IDS = new ArrayList<>();
    private static final List<String> SECRETS = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        var root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        LISTENER.setContext(root.getLoggerContext());
        LISTENER.start();
        root.addAppender(LISTENER);
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "admin");
        CALLERS.add(api.with(Map.of()));
        CALLERS.add(grace.in(ada.team()).api());
        CALLERS.add(ada.key("full"));
        CALLERS.add(ada.key("exec-only"));
        IDS.addAll(List.of(ada.team(), ada.id(), grace.id()));
        IDS.add(CALLERS.get(2).post("/v1/capsules", "{}").id());
        SECRETS.addAll(List.of(ada.token(), grace.token(), Person.PASSWORD, Stack.PASSWORD));
        SECRETS.addAll(List.of(stack.key, Stack.IDENTITY.secret().reveal()));
        for (var caller : CALLERS) SECRETS.addAll(caller.headers().values());
    }

    @AfterAll
    static void stop() throws Exception {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME))
                .detachAppender(LISTENER);
        control.close();
        stack.close();
    }

    @Test
    void nothingBreaksTheServerOrMakesItTalk() throws Exception {
        var random = new Random(SEED);
        var input = new HostileInput(random, IDS);
        var operations = List.copyOf(ContractCheck.operations().entrySet());
        for (int i = 0; i < COUNT; i++) {
            var operation = operations.get(i % operations.size());
            var parts = operation.getKey().split(" ", 2);
            var path = input.path(parts[1]) + query(input, random, operation.getValue());
            if (parts[1].equals("/v1/events")) // goes on without it
            path += (path.contains("?") ? "&" : "?") + "timeout_sec=0";
            var caller = CALLERS.get(random.nextInt(CALLERS.size()));
            if (ends(operation.getKey())) caller = CALLERS.getFirst();
            var request =
                    HttpRequest.newBuilder(
                                    URI.create(
                                            api.socket(path).toString().replaceFirst("ws", "http")))
                            .timeout(Duration.ofMinutes(2))
                            .method(
                                    parts[0],
                                    parts[0].equals("GET")
                                            ? BodyPublishers.noBody()
                                            : BodyPublishers.ofByteArray(
                                                    body(input, operation.getValue())));
            caller.headers().forEach(request::header);
            if (random.nextInt(4) == 0) request.header("X-Request-Id", input.header());
            var answer = send(request.build());
            var name = "seed %d, request %d: %s".formatted(SEED, i, parts[0] + " " + path);
            assertThat(answer.statusCode()).as("%s: %s", name, answer.body()).isLessThan(500);
            if (answer.statusCode() >= 400)
                assertThat(answer.body()).as(name).doesNotContain(INTERNAL);
        }
        assertThat(api.get("/health").status()).isEqualTo(200);
        var noisy = LOG.stream().filter(l -> l.startsWith(Level.ERROR.toString())).toList();
        assertThat(noisy).as("seed %d: errors in the log", SEED).isEmpty();
        for (var secret : SECRETS)
            assertThat(LOG.stream().filter(l -> l.contains(secret)).toList())
                    .as("seed %d: a secret in the log", SEED)
                    .isEmpty();
    }

    /// The client may meet a kept connection that the server has just closed, because it answered
    /// without reading all of the request before. It is the input's fault only when it happens each
    /// time.
    private static HttpResponse<String> send(HttpRequest request) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                return ApiProbe.HTTP.send(request, BodyHandlers.ofString());
            } catch (IOException e) {
                if (attempt == ATTEMPTS) throw new IOException("seed " + SEED + ": no answer", e);
            }
        }
    }

    /// What would end the callers' own sessions and accounts.
    private static boolean ends(String operation) {
        return operation.equals("POST /v1/auth/logout") || operation.equals("DELETE /v1/me");
    }

    private static String query(HostileInput input, Random random, JsonNode operation) {
        var query = new StringBuilder();
        for (var parameter : operation.path("parameters"))
            if (parameter.path("in").asString("").equals("query") && random.nextBoolean())
                query.append(query.isEmpty() ? '?' : '&')
                        .append(parameter.path("name").asString())
                        .append('=')
                        .append(URLEncoder.encode(input.text(), StandardCharsets.UTF_8));
        return query.toString();
    }

    private static byte[] body(HostileInput input, JsonNode operation) {
        var schema =
                operation
                        .path("requestBody")
                        .path("content")
                        .path("application/json")
                        .path("schema");
        return input.body(schema);
    }
}
