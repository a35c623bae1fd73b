package dev.wrenn.control.api;

import dev.wrenn.common.model.AuditEntryId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.AuditQuery;
import dev.wrenn.control.domain.audit.AuditRow;
import dev.wrenn.control.domain.audit.AuditStore;
import dev.wrenn.control.domain.identity.Role;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `GET /v1/audit-logs` and, for platform administrators, `/v1/admin/audit-logs`.
final class AuditRoutes {
    private static final int NORMAL = 50;
    private static final int MOST = 200;
    private static final int MOST_VALUES = 100;

    private final AuditStore audit;

    AuditRoutes(AuditStore audit) {
        this.audit = audit;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/v1/audit-logs", new Access.Session(Role.MEMBER), this::own),
                new Route(
                        "GET",
                        "/v1/admin/audit-logs",
                        new Access.PlatformAdmin(),
                        call -> page(call, TeamId.PLATFORM, true)));
    }

    /// 200; 400.
    private Reply own(Call call) {
        return page(call, call.principal().team(), call.principal().has(Role.ADMIN));
    }

    private Reply page(Call call, TeamId team, boolean withAdmins) {
        int limit = limit(call);
        // One more tells whether there is another page.
        var query =
                new AuditQuery(
                        team,
                        withAdmins,
                        before(call),
                        values(call, "resource_type"),
                        values(call, "action"),
                        limit + 1);
        var rows = audit.find(query);
        var page = rows.subList(0, Math.min(limit, rows.size()));
        var json = new LinkedHashMap<String, Object>();
        json.put("items", page.stream().map(AuditRoutes::json).toList());
        if (rows.size() > limit) {
            json.put("next_before", page.getLast().at().toString());
            json.put("next_before_id", page.getLast().id().toString());
        }
        return Reply.ok(json);
    }

    private static int limit(Call call) {
        var text = call.query("limit").filter(t -> !t.isEmpty());
        if (text.isEmpty()) return NORMAL;
        try {
            int limit = Integer.parseInt(text.get());
            if (limit >= 1) return Math.min(limit, MOST);
        } catch (NumberFormatException e) {
            // answered below together with what is too small
        }
        throw ApiException.invalid("limit: expected 1 to 200");
    }

    private static Optional<AuditQuery.Place> before(Call call) {
        var time = call.query("before").filter(t -> !t.isEmpty());
        var id = call.query("before_id").filter(t -> !t.isEmpty()).map(AuditEntryId::parse);
        if (time.isEmpty()) {
            if (id.isPresent()) throw ApiException.invalid("before_id: expected before beside it");
            return Optional.empty();
        }
        return Optional.of(new AuditQuery.Place(time(time.get()), id));
    }

    private static Instant time(String text) {
        try {
            // An unescaped + of an offset arrives as a blank.
            var at = OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
            if (at.isAfter(Instant.EPOCH) && at.isBefore(Instant.parse("9999-01-01T00:00:00Z")))
                return at;
        } catch (DateTimeException e) {
            // answered below together with times that no row can have
        }
        throw ApiException.invalid("before: expected a time as RFC 3339");
    }

    /// By repetition, by commas, or both.
    private static List<String> values(Call call, String name) {
        var all = new ArrayList<String>();
        for (var text : call.queries(name))
            for (var value : text.split(",", MOST_VALUES + 1)) {
                if (value.indexOf('\0') >= 0)
                    throw ApiException.invalid(name + ": no text of the trail");
                if (!value.isBlank()) all.add(value.strip());
            }
        if (all.size() > MOST_VALUES) throw ApiException.invalid(name + ": too many values");
        return all;
    }

    private static Map<String, Object> json(AuditRow row) {
        var entry = row.entry();
        var json = new LinkedHashMap<String, Object>();
        json.put("id", row.id().toString());
        json.put("actor_type", entry.actor().kind().wire());
        entry.actor().id().ifPresent(id -> json.put("actor_id", id));
        entry.actor().name().ifPresent(name -> json.put("actor_name", name));
        json.put("resource_type", entry.kind().resourceType());
        entry.resourceId().ifPresent(id -> json.put("resource_id", id));
        json.put("action", entry.kind().action());
        json.put("scope", entry.visible().wire());
        json.put("status", entry.tone().wire());
        if (!entry.metadata().isEmpty()) json.put("metadata", entry.metadata());
        json.put("created_at", row.at().toString());
        return json;
    }
}
