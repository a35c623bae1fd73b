package dev.wrenn.control.api;

import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.fleet.HostTokens;
import dev.wrenn.control.domain.identity.Passwords;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpResponseException;
import io.micrometer.core.instrument.Timer;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/// What every request passes: its id, the check of its caller, and the turning of failures into the
/// envelope.
final class Gate {
    private static final Logger LOG = LoggerFactory.getLogger(Gate.class);
    private static final String MDC_KEY = "request";
    private static final String HOST_TOKEN = "X-Host-Token";
    private static final String START = "wrenn.start";
    private static final String ROUTE = "wrenn.route";
    private static final long SMALL = 64 << 10; // body
    private static final Duration BUSY = Duration.ofSeconds(2);

    private final Doorman doorman;
    private final HostTokens hostTokens;
    private final Metrics metrics;
    private final Refusals refusals;
    private final ConcurrentHashMap<String, Timer> timers = new ConcurrentHashMap<>();

    Gate(Doorman doorman, HostTokens hostTokens, Metrics metrics, Refusals refusals) {
        this.doorman = doorman;
        this.hostTokens = hostTokens;
        this.refusals = refusals;
        this.metrics = metrics;
    }

    void install(JavalinConfig config) {
        config.router.javaLangErrorHandler(Gate::broken);
        config.routes.before(Gate::begin);
        config.routes.after(this::end);
        config.routes.wsBeforeUpgrade(Gate::begin);
        config.routes.exception(ApiException.class, (e, http) -> fail(http, refusal(http, e)));
        config.routes.exception(
                InvalidIdException.class,
                (e, http) -> fail(http, ApiException.invalid(text(e)).reply()));
        config.routes.exception(
                Passwords.BusyException.class,
                (_, http) -> fail(http, ApiException.tooMany(BUSY).reply()));
        config.routes.exception(
                HttpResponseException.class,
                (e, http) -> fail(http, Reply.error(ErrorTable.ofStatus(e.getStatus()))));
        config.routes.exception(
                StoreUnavailableException.class,
                (e, http) -> {
                    LOG.atWarn().setCause(e).log("no database");
                    fail(http, Reply.error(ErrorTable.UNAVAILABLE));
                });
        config.routes.exception(
                Exception.class,
                (e, http) -> {
                    LOG.atError()
                            .addKeyValue("method", http.method().name())
                            .addKeyValue("path", http.path())
                            .setCause(e)
                            .log("request failed");
                    fail(http, Reply.error(ErrorTable.INTERNAL));
                });
    }

    /// An `Error`: the envelope as well, if there is still memory for it.
    private static void broken(HttpServletResponse response, Error error) {
        LOG.atError().setCause(error).log("request broke");
        if (response.isCommitted()) return;
        var body = Json.bytes(ErrorTable.INTERNAL.json());
        response.setStatus(ErrorTable.INTERNAL.status());
        response.setContentType(Reply.JSON);
        try {
            response.getOutputStream().write(body);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("client left before the error");
        }
    }

    /// The route's handler behind the check that its access asks for.
    Handler guard(Route route) {
        var name = route.method() + " " + route.path();
        return http -> {
            http.attribute(ROUTE, name);
            if (route.access() instanceof Access.HostAgent) {
                write(http, route.handler().handle(Call.ofAgent(http, agent(http))));
                return;
            }
            var team = route.access() instanceof Access.OwnTeam ? ownTeam(http) : null;
            var caller = doorman.known(route.access(), Credentials.of(http));
            if (caller == null) {
                write(http, route.handler().handle(new Call(http, null)));
                return;
            }
            var named = route.lastParameter().map(http::pathParam);
            try {
                Doorman.hold(route.access(), caller, team);
                var reply = route.handler().handle(new Call(http, caller));
                refusals.note(route, caller, reply.status(), named);
                write(http, reply);
            } catch (ApiException e) {
                refusals.note(route, caller, e.error().status(), named);
                throw e;
            }
        };
    }

    private static String text(Exception e) {
        return String.valueOf(e.getMessage());
    }

    /// The host whose agent calls, by its token; it must be the one in the path.
    private HostTokens.Claims agent(Context http) {
        var shown = http.header(HOST_TOKEN);
        var claims =
                hostTokens
                        .read(shown == null ? "" : shown)
                        .orElseThrow(
                                () -> new ApiException(401, "unauthorized", "invalid host token"));
        if (!claims.host().equals(HostRoutes.host(http.pathParam("id"))))
            throw new ApiException(403, "forbidden", "not the token of this host");
        return claims;
    }

    /// The team in the path.
    private static String ownTeam(Context http) {
        return Call.team(http.pathParam("id")).toString();
    }

    private static void begin(Context http) {
        var id = RequestId.of(http.header(RequestId.HEADER));
        MDC.put(MDC_KEY, id);
        http.attribute(START, System.nanoTime());
        http.header(RequestId.HEADER, id);
        http.header("Cache-Control", "no-store");
    }

    private void end(Context http) {
        Long start = http.attribute(START);
        @Nullable String route = http.attribute(ROUTE);
        if (start != null) {
            long took = System.nanoTime() - start;
            timer(route == null ? "none" : route, http.statusCode())
                    .record(took, TimeUnit.NANOSECONDS);
            LOG.atDebug()
                    .addKeyValue("method", http.method().name())
                    .addKeyValue("path", http.path())
                    .addKeyValue("status", http.statusCode())
                    .addKeyValue("took_us", took / 1000)
                    .log("request");
        }
        MDC.remove(MDC_KEY);
    }

    private Timer timer(String route, int status) {
        var kind = status / 100 + "xx";
        return timers.computeIfAbsent(
                route + " " + kind,
                _ ->
                        metrics.timer(
                                "wrenn_http_requests",
                                "Requests, from the head's arrival to the written answer",
                                "route",
                                route,
                                "status",
                                kind));
    }

    /// A small body that was not read is the server's business; behind a large one the answer would
    /// be lost with the connection.
    private static Reply refusal(Context http, ApiException e) {
        var request = http.req();
        boolean large =
                request.getContentLengthLong() > SMALL
                        || request.getHeader("Transfer-Encoding") != null;
        if (!large) return e.reply();
        try {
            var body = request.getInputStream();
            return body.isFinished() ? e.reply() : e.reply(body);
        } catch (IOException broken) {
            LOG.atDebug().setCause(broken).log("client left before the error");
            return e.reply();
        }
    }

    private static void fail(Context http, Reply reply) {
        try {
            write(http, reply);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("client left before the error");
        }
    }

    private static void write(Context http, Reply reply) throws IOException {
        http.status(reply.status());
        switch (reply) {
            case Reply.Whole(_, var type, var body) -> {
                if (body.length == 0) {
                    http.removeHeader("Content-Type");
                } else {
                    // Not by Javalin's result(), which copies it once more through 16 KiB.
                    var response = http.res();
                    response.setContentType(type);
                    response.setContentLength(body.length);
                    try {
                        response.getOutputStream().write(body);
                    } catch (IOException e) {
                        LOG.atDebug().setCause(e).log("client left before the answer");
                    }
                }
            }
            case Reply.WithHeader(var rest, var name, var value) -> {
                http.res().addHeader(name, value);
                write(http, rest);
            }
            case Reply.Streamed(_, var writer) -> {
                http.contentType(Reply.JSON);
                writer.write(http.outputStream());
            }
            case Reply.Live live -> Transfers.write(http, live);
            case Reply.Bytes bytes -> Transfers.write(http, bytes);
            case Reply.Early early -> Transfers.refuse(http, early);
        }
    }
}
