package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.CreateOutcome;
import dev.wrenn.control.domain.capsules.CreateRequest;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.templates.TemplateName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `/v1/capsules`: create, list, get, destroy, ping.
final class CapsuleRoutes {
    private static final Access KEY = new Access.ApiKey();

    private final Capsules capsules;

    CapsuleRoutes(Capsules capsules) {
        this.capsules = capsules;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/capsules", KEY, this::create),
                new Route("GET", "/v1/capsules", KEY, this::list),
                new Route("GET", "/v1/capsules/{id}", KEY, this::show),
                new Route("DELETE", "/v1/capsules/{id}", KEY, this::destroy),
                new Route("POST", "/v1/capsules/{id}/ping", KEY, this::ping));
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
                        body.integer("timeout_sec", 0));
        return switch (capsules.create(call.principal(), request)) {
            case CreateOutcome.Created(var row) -> Reply.json(201, CapsuleJson.of(row));
            case CreateOutcome.UnknownTemplate(var unknown) ->
                    Reply.error(new ApiError(404, "not_found", "template not found: " + unknown));
            case CreateOutcome.OutOfBounds(var message) ->
                    Reply.error(new ApiError(400, "invalid_request", message));
            case CreateOutcome.TeamFull(var limit) ->
                    Reply.error(
                            new ApiError(
                                    403,
                                    "forbidden",
                                    "the team has " + limit + " capsules, the most it may have"));
            case CreateOutcome.NoHost _ -> Reply.error(ErrorTable.NO_HOSTS);
            case CreateOutcome.Failed(_, var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
            case CreateOutcome.Gone _ ->
                    Reply.error(
                            new ApiError(409, "conflict", "destroyed while it was being created"));
        };
    }

    /// 200: newest first, without those that ended.
    private Reply list(Call call) {
        var all = new ArrayList<Object>();
        for (var row : capsules.list(call.principal().team())) all.add(CapsuleJson.of(row));
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
        boolean known = capsules.destroy(call.principal().team(), call.capsule());
        return known ? Reply.noContent() : Reply.error(ErrorTable.NO_SANDBOX);
    }

    /// 204; 400, 404, 409 unless running.
    private Reply ping(Call call) {
        return switch (capsules.ping(call.principal().team(), call.capsule())) {
            case Outcomes.Ping.Done _ -> Reply.noContent();
            case Outcomes.Ping.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ping.NotRunning(var status) -> Reply.error(notRunning(status.wire()));
            case Outcomes.Ping.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
        };
    }

    static ApiError notRunning(String status) {
        return new ApiError(
                409, "invalid_state", "sandbox is not running (status: " + status + ")");
    }
}
