package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.ProcessId;
import io.javalin.websocket.WsContext;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;

/// Every WebSocket route.
final class Sockets implements AutoCloseable {
    /// What comes in after the end is forgotten: then there is nothing left to watch.
    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(
                    1,
                    Thread.ofPlatform().daemon().name("sockets").factory(),
                    new ThreadPoolExecutor.DiscardPolicy());

    final Entrance entrance;
    final SocketRoute exec;
    final SocketRoute follow;
    final SocketRoute terminal;

    Sockets(Capsules capsules, Processes processes, Doorman doorman, TerminalTimes times) {
        clock.setRemoveOnCancelPolicy(true);
        entrance = new Entrance(capsules, doorman, times.auth());
        exec =
                new SocketRoute(
                        "/v1/capsules/{id}/exec/stream",
                        true,
                        ws ->
                                new ExecSocket(
                                        socket(ws),
                                        capsules,
                                        entrance,
                                        id(ws),
                                        Credentials.of(ws)));
        follow =
                new SocketRoute(
                        "/v1/capsules/{id}/processes/{selector}/stream",
                        true,
                        ws ->
                                new FollowSocket(
                                        socket(ws),
                                        processes,
                                        entrance,
                                        id(ws),
                                        ProcessId.parse(ws.pathParam("selector")),
                                        Credentials.of(ws)));
        // No protocol pings: every client answers them, and would never seem inactive.
        terminal =
                new SocketRoute(
                        "/v1/capsules/{id}/pty",
                        false,
                        ws ->
                                new TerminalSocket(
                                        socket(ws),
                                        processes,
                                        entrance,
                                        id(ws),
                                        Credentials.of(ws),
                                        times,
                                        clock));
    }

    List<SocketRoute> routes() {
        return List.of(exec, follow, terminal);
    }

    private static JsonSocket socket(WsContext context) {
        return new JsonSocket(context.session);
    }

    private static CapsuleId id(WsContext context) {
        return Call.capsule(context.pathParam("id"));
    }

    /// Closes all with 1001.
    @Override
    public void close() {
        for (var route : routes()) route.goAway();
        clock.shutdownNow();
    }
}
