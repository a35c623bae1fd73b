package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.identity.Authenticator;
import io.javalin.config.JavalinConfig;
import io.javalin.websocket.WsConfig;
import io.javalin.websocket.WsContext;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/// WebSocket `GET /v1/capsules/{id}/exec/stream`. Before the upgrade only the id is checked;
/// everything else is told in a message.
final class ExecSockets {
    static final String PATH = "/v1/capsules/{id}/exec/stream";

    private static final long PING_SECONDS = 20;

    private final Capsules capsules;
    private final Authenticator authenticator;
    private final ConcurrentHashMap<String, ExecSocket> open = new ConcurrentHashMap<>();

    ExecSockets(Capsules capsules, Authenticator authenticator) {
        this.capsules = capsules;
        this.authenticator = authenticator;
    }

    /// What a plain GET gets.
    Route plain() {
        return new Route(
                "GET",
                PATH,
                new Access.AfterUpgrade(),
                call -> {
                    call.capsule();
                    throw ApiException.invalid("expected a WebSocket upgrade");
                });
    }

    void install(JavalinConfig config) {
        for (var path : Route.aliases(PATH)) {
            config.routes.wsBeforeUpgrade(path, http -> Call.capsule(http.pathParam("id")));
            config.routes.ws(path, this::handle);
        }
    }

    private void handle(WsConfig ws) {
        ws.onConnect(context -> {
            context.enableAutomaticPings(PING_SECONDS, TimeUnit.SECONDS);
            var socket =
                    new ExecSocket(
                            context.session,
                            capsules,
                            authenticator,
                            Call.capsule(context.pathParam("id")),
                            context.header("X-API-Key"));
            open.put(context.sessionId(), socket);
            socket.open();
        });
        ws.onMessage(context -> {
            var socket = open.get(context.sessionId());
            if (socket != null) socket.message(context.message());
        });
        ws.onClose(this::gone);
        ws.onError(this::gone);
    }

    private void gone(WsContext context) {
        context.disableAutomaticPings();
        var socket = open.remove(context.sessionId());
        if (socket != null) socket.closed();
    }

    /// How many are open.
    int count() {
        return open.size();
    }

    /// Closes all with 1001.
    void goAway() {
        for (var socket : open.values()) socket.goAway();
    }
}
