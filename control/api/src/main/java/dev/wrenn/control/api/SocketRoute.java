package dev.wrenn.control.api;

import io.javalin.config.JavalinConfig;
import io.javalin.websocket.WsConfig;
import io.javalin.websocket.WsContext;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// One WebSocket route below a capsule. Before the upgrade only the id is checked; everything else
/// is told in a message.
final class SocketRoute {
    private static final long PING_SECONDS = 20;

    private final String path;
    private final Access access;
    private final boolean pings;
    private final Function<WsContext, SocketSession> factory;
    private final ConcurrentHashMap<String, SocketSession> open = new ConcurrentHashMap<>();

    /// @param access as it is asked for after the upgrade
    /// @param pings whether the server sends protocol pings, which every client answers unasked
    SocketRoute(
            String path, Access access, boolean pings, Function<WsContext, SocketSession> factory) {
        this.path = path;
        this.access = access;
        this.pings = pings;
        this.factory = factory;
    }

    /// What a plain GET gets.
    Route plain() {
        return new Route(
                "GET",
                path,
                access,
                call -> {
                    call.capsule();
                    throw ApiException.invalid("expected a WebSocket upgrade");
                });
    }

    void install(JavalinConfig config) {
        for (var known : Route.aliases(path)) {
            config.routes.wsBeforeUpgrade(known, http -> Call.capsule(http.pathParam("id")));
            config.routes.ws(known, this::handle);
        }
    }

    private void handle(WsConfig ws) {
        ws.onConnect(context -> {
            if (pings) context.enableAutomaticPings(PING_SECONDS, TimeUnit.SECONDS);
            var socket = factory.apply(context);
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
