package dev.wrenn.control.api;

import dev.wrenn.control.domain.snapshots.SnapshotOutcome;
import dev.wrenn.control.domain.snapshots.Snapshots;
import dev.wrenn.control.domain.templates.TemplateName;
import dev.wrenn.control.domain.templates.TemplateStore;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// `/v1/snapshots`: what capsules can be made from.
final class SnapshotRoutes {
    private final Snapshots snapshots;
    private final TemplateStore templates;

    SnapshotRoutes(Snapshots snapshots, TemplateStore templates) {
        this.snapshots = snapshots;
        this.templates = templates;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/snapshots", TeamAccess.CHANGE, this::create),
                new Route("GET", "/v1/snapshots", TeamAccess.LOOK, this::list),
                new Route("DELETE", "/v1/snapshots/{name}", TeamAccess.CHANGE, this::delete));
    }

    /// 201 once it can be used; 400, 404, 409 for the state of the capsule or the name, 502, 503,
    /// 507.
    private Reply create(Call call) throws IOException, InterruptedException {
        var body = call.body();
        var capsule = body.text("sandbox_id");
        if (capsule.isEmpty()) throw ApiException.invalid("sandbox_id: missing");
        var id = Call.capsule(capsule.get());
        var name = body.text("name").filter(n -> !n.isEmpty());
        if (name.isPresent() && !TemplateName.valid(name.get()))
            throw ApiException.invalid("name: invalid name");
        var caller = call.principal();
        boolean overwrite = call.flag("overwrite");
        return reply(snapshots.create(caller.team(), id, name, overwrite, caller.actor()));
    }

    /// 201, or why there is none.
    static Reply reply(SnapshotOutcome outcome) {
        return switch (outcome) {
            case SnapshotOutcome.Done(var template) -> Reply.json(201, CapsuleJson.of(template));
            case SnapshotOutcome.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case SnapshotOutcome.WrongState(var state) ->
                    Reply.error(
                            ErrorTable.wrongState("sandbox is neither running nor paused", state));
            case SnapshotOutcome.NameReserved(var taken) ->
                    Reply.error(
                            new ApiError(
                                    409, "name_reserved", "a platform template is named " + taken));
            case SnapshotOutcome.NameTaken(var taken) ->
                    Reply.error(
                            new ApiError(
                                    409,
                                    "template_name_taken",
                                    "the team has a template named " + taken));
            case SnapshotOutcome.TeamFull(var excess) -> Reply.error(ErrorTable.teamFull(excess));
            case SnapshotOutcome.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.ofLifecycle(fault, detail));
        };
    }

    /// 200: own and platform templates, newest first; 400 for an unknown type.
    private Reply list(Call call) {
        var word = call.query("type").filter(t -> !t.isEmpty());
        var type = word.flatMap(TemplateType::ofWire);
        if (word.isPresent() && type.isEmpty())
            throw ApiException.invalid("type: expected base or snapshot");
        var all = new ArrayList<Object>();
        for (var template : templates.visibleTo(call.principal().team()))
            if (type.isEmpty() || type.get() == template.type()) all.add(CapsuleJson.of(template));
        return Reply.ok(all);
    }

    /// 204: the name is free, capsules made of it are not touched; 403 for those of the platform,
    /// 404.
    private Reply delete(Call call) {
        var caller = call.principal();
        return switch (snapshots.delete(caller.team(), call.name(), caller.actor())) {
            case DONE -> Reply.noContent();
            case NOT_FOUND -> Reply.error(new ApiError(404, "not_found", "template not found"));
            case FORBIDDEN ->
                    Reply.error(
                            new ApiError(403, "forbidden", "the template belongs to the platform"));
        };
    }
}
