package dev.wrenn.control.api;

import dev.wrenn.control.domain.templates.TemplateStore;
import dev.wrenn.control.domain.templates.TemplateType;
import java.util.ArrayList;
import java.util.List;

/// `GET /v1/snapshots`: what capsules can be made from.
final class SnapshotRoutes {
    private final TemplateStore templates;

    SnapshotRoutes(TemplateStore templates) {
        this.templates = templates;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/v1/snapshots", new Access.ApiKey(), this::list));
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
}
