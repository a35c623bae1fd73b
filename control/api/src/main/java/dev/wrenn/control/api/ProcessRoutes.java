package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.GuestProcess;
import dev.wrenn.control.domain.hosts.HostAnswer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// `GET /v1/capsules/{id}/processes` and `DELETE` of one of them.
final class ProcessRoutes {
    private static final String PATH = "/v1/capsules/{id}/processes";

    private final Capsules capsules;
    private final Processes processes;

    ProcessRoutes(Capsules capsules, Processes processes) {
        this.capsules = capsules;
        this.processes = processes;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", PATH, TeamAccess.LOOK_AT_ONE, this::list),
                new Route("DELETE", PATH + "/{selector}", TeamAccess.USE, this::kill));
    }

    /// 200; 400, 404, 409 unless running within 4 s, 502, 503.
    private Reply list(Call call) throws InterruptedException {
        return running(
                call,
                row ->
                        switch (processes.list(row)) {
                            case HostAnswer.Done(var found) ->
                                    Reply.ok(
                                            Map.of(
                                                    "processes",
                                                    found.stream()
                                                            .map(ProcessRoutes::json)
                                                            .toList()));
                            case HostAnswer.Refused(var fault, var detail) ->
                                    Reply.error(ErrorTable.of(fault, detail));
                        });
    }

    private static Map<String, Object> json(GuestProcess process) {
        var json = new LinkedHashMap<String, Object>();
        json.put("pid", process.pid());
        if (!process.tag().isEmpty()) json.put("tag", process.tag());
        json.put("cmd", process.program());
        if (!process.args().isEmpty()) json.put("args", process.args());
        return json;
    }

    /// 204; 400 for another signal, 404 also for an unknown process, 409, 502, 503.
    private Reply kill(Call call) throws InterruptedException {
        return running(
                call,
                row -> {
                    var signal = signal(call.query("signal").orElse("SIGKILL"));
                    return switch (processes.kill(row, call.process(), signal)) {
                        case HostAnswer.Done<HostAnswer.Nothing> _ -> Reply.noContent();
                        case HostAnswer.Refused<HostAnswer.Nothing>(var fault, var detail) ->
                                Reply.error(ErrorTable.of(fault, detail));
                    };
                });
    }

    /// @throws ApiException 400 for anything else
    static ExecSession.Signal signal(String name) {
        return switch (name) {
            case "SIGTERM" -> ExecSession.Signal.TERM;
            case "SIGKILL" -> ExecSession.Signal.KILL;
            default -> throw ApiException.invalid("signal: expected SIGTERM or SIGKILL");
        };
    }

    private Reply running(Call call, Function<CapsuleRow, Reply> then) throws InterruptedException {
        return switch (capsules.ready(call.principal().team(), call.capsule())) {
            case Outcomes.Ready.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ready.No(var state) -> Reply.error(ErrorTable.notRunning(state));
            case Outcomes.Ready.Yes(var row) -> then.apply(row);
        };
    }
}
