package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.CreateOutcome;
import dev.wrenn.control.domain.capsules.CreateRequest;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.capsules.Pauses;
import dev.wrenn.control.domain.templates.TemplateName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// `/v1/capsules`: create, list, get, destroy, pause, resume, ping.
final class CapsuleRoutes {
    private static final int PER_PAGE = 100;
    private final Capsules capsules;
    private final Pauses pauses;

    CapsuleRoutes(Capsules capsules, Pauses pauses) {
        this.capsules = capsules;
        this.pauses = pauses;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/capsules", TeamAccess.CHANGE, this::create),
                new Route("GET", "/v1/capsules", TeamAccess.LOOK, this::list),
                new Route("GET", "/v1/capsules/{id}", TeamAccess.LOOK_AT_ONE, this::show),
                new Route("DELETE", "/v1/capsules/{id}", TeamAccess.CHANGE, this::destroy),
                new Route("POST", "/v1/capsules/{id}/pause", TeamAccess.CHANGE, this::pause),
                new Route("POST", "/v1/capsules/{id}/resume", TeamAccess.CHANGE, this::resume),
                new Route("POST", "/v1/capsules/{id}/ping", TeamAccess.USE, this::ping));
    }

    /// 201, still `pending` after 4 s; 400, 403, 404, 502, 503, 507.
    private Reply create(Call call) throws IOException, InterruptedException {
        var body = call.optionalBody();
        var template = body.text("template").filter(t -> !t.isEmpty());
        var name = template.orElse(TemplateName.MINIMAL);
        if (!TemplateName.valid(name)) throw ApiException.invalid("template: invalid name");
        var request =
                new CreateRequest(
                        name,
                        body.integer("vcpus", 0),
                        body.integer("memory_mb", 0),
                        body.integer("timeout_sec", 0),
                        PortRoutes.settings(body),
                        Set.copyOf(body.texts("host_tags")));
        return switch (capsules.create(call.principal(), request)) {
            case CreateOutcome.Created(var row) -> Reply.json(201, CapsuleJson.of(row));
            case CreateOutcome.UnknownTemplate(var unknown) ->
                    Reply.error(new ApiError(404, "not_found", "template not found: " + unknown));
            case CreateOutcome.OutOfBounds(var message) ->
                    Reply.error(new ApiError(400, "invalid_request", message));
            case CreateOutcome.TeamFull(var excess) -> Reply.error(ErrorTable.teamFull(excess));
            case CreateOutcome.TeamGone _ -> Reply.error(ErrorTable.NO_TEAM);
            case CreateOutcome.NoHost(var why) -> Reply.error(ErrorTable.noHosts(why));
            case CreateOutcome.Failed(_, var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
            case CreateOutcome.Gone _ ->
                    Reply.error(
                            new ApiError(409, "conflict", "destroyed while it was being created"));
        };
    }

    /// 200: newest first, without those that ended; all, or with `limit` or `before` a page; 400.
    private Reply list(Call call) {
        var team = call.principal().team();
        var limit = call.query("limit").filter(text -> !text.isEmpty());
        var before = call.query("before").filter(text -> !text.isEmpty()).map(Call::capsule);
        if (limit.isPresent() && !limit.get().matches("[1-9]\\d{0,2}"))
            throw ApiException.invalid("limit: expected 1..999");
        var rows =
                limit.isEmpty() && before.isEmpty()
                        ? capsules.list(team)
                        : capsules.list(
                                team, before, limit.map(Integer::parseInt).orElse(PER_PAGE));
        var all = new ArrayList<Object>();
        for (var row : rows) all.add(CapsuleJson.of(row));
        return Reply.ok(all);
    }

    /// 200 in any status; 400, 404.
    private Reply show(Call call) {
        return capsules.find(call.principal().team(), call.capsule())
                .map(row -> Reply.ok(CapsuleJson.of(row)))
                .orElseGet(() -> Reply.error(ErrorTable.NO_SANDBOX));
    }

    /// 204, also when it has ended already; 400, 404.
    private Reply destroy(Call call) throws InterruptedException {
        var caller = call.principal();
        boolean known = capsules.destroy(caller.team(), call.capsule(), caller.actor());
        return known ? Reply.noContent() : Reply.error(ErrorTable.NO_SANDBOX);
    }

    /// 200 once it is saved; 400, 404, 409 unless running, 502, 503, 507.
    private Reply pause(Call call) throws InterruptedException {
        var caller = call.principal();
        var outcome = pauses.pause(caller.team(), call.capsule(), caller.actor());
        return changed(outcome, "sandbox cannot be paused");
    }

    /// 200, still `starting` after 4 s; 400, 404, 409 unless paused, 502, 503, 507.
    private Reply resume(Call call) throws InterruptedException {
        var caller = call.principal();
        var outcome = pauses.resume(caller.team(), call.capsule(), caller.actor());
        return changed(outcome, "sandbox cannot be resumed");
    }

    private static Reply changed(Outcomes.Change outcome, String refusal) {
        return switch (outcome) {
            case Outcomes.Change.Done(var row) -> Reply.ok(CapsuleJson.of(row));
            case Outcomes.Change.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Change.WrongState(var state) ->
                    Reply.error(ErrorTable.wrongState(refusal, state));
            case Outcomes.Change.TeamFull(var excess) -> Reply.error(ErrorTable.teamFull(excess));
            case Outcomes.Change.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.ofLifecycle(fault, detail));
        };
    }

    /// 204; 400, 404, 409 unless running.
    private Reply ping(Call call) {
        return switch (capsules.ping(call.principal().team(), call.capsule())) {
            case Outcomes.Ping.Done _ -> Reply.noContent();
            case Outcomes.Ping.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ping.NotRunning(var state) -> Reply.error(ErrorTable.notRunning(state));
            case Outcomes.Ping.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
        };
    }
}
