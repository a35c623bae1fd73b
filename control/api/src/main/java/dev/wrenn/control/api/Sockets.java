package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.ProcessId;
import io.javalin.websocket.WsContext;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;

/// Every WebSocket route, of the capsules of teams and of those of the platform.
final class Sockets implements AutoCloseable {
    /// What comes in after the end is forgotten: then there is nothing left to watch.
    private final ScheduledThreadPoolExecutor clock =
            new ScheduledThreadPoolExecutor(
                    1,
                    Thread.ofPlatform().daemon().name("sockets").factory(),
                    new ThreadPoolExecutor.DiscardPolicy());

    /// The same kind of socket at the capsules of teams and at those of the platform.
    record Pair(SocketRoute teams, SocketRoute platform) {
        /// How many are open.
        int count() {
            return teams.count() + platform.count();
        }
    }

    private final Capsules capsules;
    private final Processes processes;
    private final TerminalTimes times;
    private final Entrance teams;
    private final Entrance platform;
    final Pair exec;
    final Pair follow;
    final Pair terminal;

    Sockets(Capsules capsules, Processes processes, Doorman doorman, TerminalTimes times) {
        clock.setRemoveOnCancelPolicy(true);
        this.capsules = capsules;
        this.processes = processes;
        this.times = times;
        teams = new Entrance(capsules, doorman, TeamAccess.USE_SOCKET, times.auth());
        platform = new Entrance(capsules, doorman, new Access.PlatformAfterUpgrade(), times.auth());
        exec = new Pair(exec(teams), exec(platform));
        follow = new Pair(follow(teams), follow(platform));
        terminal = new Pair(terminal(teams), terminal(platform));
    }

    private SocketRoute exec(Entrance entrance) {
        return new SocketRoute(
                path(entrance, "/v1/capsules/{id}/exec/stream"),
                entrance.access(),
                true,
                ws -> new ExecSocket(socket(ws), capsules, entrance, id(ws), Credentials.of(ws)));
    }

    private SocketRoute follow(Entrance entrance) {
        return new SocketRoute(
                path(entrance, "/v1/capsules/{id}/processes/{selector}/stream"),
                entrance.access(),
                true,
                ws ->
                        new FollowSocket(
                                socket(ws),
                                processes,
                                entrance,
                                id(ws),
                                ProcessId.parse(ws.pathParam("selector")),
                                Credentials.of(ws)));
    }

    private SocketRoute terminal(Entrance entrance) {
        // No protocol pings: every client answers them, and would never seem inactive.
        return new SocketRoute(
                path(entrance, "/v1/capsules/{id}/pty"),
                entrance.access(),
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

    private String path(Entrance entrance, String path) {
        return entrance == platform ? Route.platformPath(path) : path;
    }

    List<SocketRoute> routes() {
        return List.of(
                exec.teams(),
                follow.teams(),
                terminal.teams(),
                exec.platform(),
                follow.platform(),
                terminal.platform());
    }

    /// Rights have changed: sends out whoever may not stay.
    ///
    /// @param whose empty: anybody's
    void check(Optional<UserId> whose) {
        teams.check(whose);
        platform.check(whose);
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
