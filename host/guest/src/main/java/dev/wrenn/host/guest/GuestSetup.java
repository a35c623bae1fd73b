package dev.wrenn.host.guest;

import dev.wrenn.common.runtime.Secret;
import java.net.InetAddress;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.ContentResponse;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.http.HttpMethod;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The plain HTTP part of envd: `/health`, `/init` and `/ports`.
final class GuestSetup {
    static final String TOKEN_HEADER = "X-Access-Token";

    private static final int ENTROPY = 64; // bytes; twice what seeds the kernel's generator
    private static final long HEALTH_LIMIT_MS = 2_000;
    private static final long INIT_LIMIT_MS = 30_000; // a busy emulated guest can take its time
    private static final Duration LATE = Duration.ofMillis(50);
    private static final int NO_CONTENT = 204;
    private static final int UNAUTHORIZED = 401;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final SecureRandom random = new SecureRandom();
    private final GuestHttp http;
    private final URI base;
    private final Secret token;
    private final Clock clock;
    private volatile boolean closed;

    GuestSetup(GuestHttp http, URI base, Secret token, Clock clock) {
        this.http = http;
        this.base = base;
        this.token = token;
        this.clock = clock;
    }

    /// Drops the connections; calls in flight fail, later ones are not made.
    void close() {
        closed = true;
        http.forget(this);
    }

    /// Version of envd, empty when it does not answer properly.
    Optional<String> version() {
        var answer = send(request("/health").timeout(HEALTH_LIMIT_MS, TimeUnit.MILLISECONDS));
        if (answer.response() == null || answer.response().getStatus() != 200)
            return Optional.empty();
        try {
            var version = JSON.readTree(answer.response().getContent()).path("version");
            return version.isString() ? Optional.of(version.stringValue()) : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty(); // not envd; the caller goes on asking until its deadline
        }
    }

    /// The guest's clock is behind by as long as the message was under way. A guest that has just
    /// been restored may read it late, and is then told once more: what that needs is in its memory
    /// by now.
    InitOutcome init(GuestIdentity identity, Optional<Secret> known) {
        var begun = clock.instant();
        var outcome = initFirst(identity, known);
        boolean late = Duration.between(begun, clock.instant()).compareTo(LATE) > 0;
        if (late && outcome instanceof InitOutcome.Ready) init(identity, token);
        return outcome;
    }

    private InitOutcome initFirst(GuestIdentity identity, Optional<Secret> known) {
        if (known.isEmpty()) return init(identity, token);
        // Refused: an earlier life of the agent has told it already.
        return switch (init(identity, known.get())) {
            case InitOutcome.Refused(var status) when status == UNAUTHORIZED ->
                    init(identity, token);
            case InitOutcome outcome -> outcome;
        };
    }

    private InitOutcome init(GuestIdentity identity, Secret header) {
        var answer =
                send(
                        request("/init")
                                .method(HttpMethod.POST)
                                .timeout(INIT_LIMIT_MS, TimeUnit.MILLISECONDS)
                                .headers(h -> h.put(TOKEN_HEADER, header.reveal()))
                                .body(
                                        new StringRequestContent(
                                                "application/json", body(identity))));
        var response = answer.response();
        if (response == null) return new InitOutcome.Unreachable(answer.failure());
        int status = response.getStatus();
        return status >= 200 && status < 300
                ? new InitOutcome.Ready()
                : new InitOutcome.Refused(status);
    }

    /// Whether the guest has written its file systems back within the limit.
    boolean sync(Duration limit) {
        var answer =
                send(
                        request("/sync")
                                .method(HttpMethod.POST)
                                .timeout(limit.toMillis(), TimeUnit.MILLISECONDS));
        var response = answer.response();
        return response != null && response.getStatus() == NO_CONTENT;
    }

    /// Asks for a way to a port on which somebody listens inside the guest only.
    CompletableFuture<?> expose(int port) {
        var answered = new CompletableFuture<Void>();
        if (closed) return CompletableFuture.completedFuture(null);
        request("/ports/" + port)
                .method(HttpMethod.POST)
                .timeout(HEALTH_LIMIT_MS, TimeUnit.MILLISECONDS)
                .send(_ -> answered.complete(null));
        return answered;
    }

    private String body(GuestIdentity identity) {
        var entropy = new byte[ENTROPY];
        random.nextBytes(entropy);
        var body = new LinkedHashMap<String, Object>();
        body.put("accessToken", token.reveal());
        body.put("defaultUser", identity.user());
        body.put("envVars", identity.env());
        body.put("defaultWorkdir", identity.directory());
        body.put("hostname", identity.hostname());
        body.put("sandboxId", identity.sandboxId());
        body.put("templateId", identity.templateId());
        body.put("entropy", Base64.getEncoder().encodeToString(entropy));
        body.put("machineId", identity.machineId());
        body.put("dnsServers", identity.dns().stream().map(InetAddress::getHostAddress).toList());
        body.put("timestamp", clock.instant().toString()); // last: the youngest value
        return JSON.writeValueAsString(body);
    }

    private Request request(String path) {
        return http.client()
                .newRequest(base.resolve(path))
                .tag(this)
                .headers(h -> h.put(TOKEN_HEADER, token.reveal()));
    }

    private record Answer(@Nullable ContentResponse response, String failure) {}

    private Answer send(Request request) {
        if (closed) return new Answer(null, "the guest is gone");
        try {
            return new Answer(request.send(), "");
        } catch (TimeoutException e) {
            return new Answer(null, "no answer in time");
        } catch (ExecutionException e) {
            return new Answer(null, "connection failed");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(null, "interrupted");
        }
    }
}
