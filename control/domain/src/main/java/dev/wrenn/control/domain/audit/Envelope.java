package dev.wrenn.control.domain.audit;

import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;

/// The form in which the outside hears of an event: a JSON object. The order of its fields is part
/// of the format.
public final class Envelope {
    private Envelope() {}

    public static Map<String, Object> of(Outbox.Item item) {
        var entry = item.row().entry();
        var event = new LinkedHashMap<String, Object>();
        event.put("event", item.event());
        event.put("timestamp", item.row().at().truncatedTo(ChronoUnit.SECONDS).toString());
        event.put("team_id", entry.team().toString());
        event.put("actor", actor(entry.actor()));
        var resource = new LinkedHashMap<String, Object>();
        entry.resourceId().ifPresent(id -> resource.put("id", id));
        resource.put("type", entry.kind().resourceType());
        event.put("resource", resource);
        return event;
    }

    /// Who did it, in the same form.
    public static Map<String, Object> actor(Actor actor) {
        var json = new LinkedHashMap<String, Object>();
        json.put("type", actor.kind().wire());
        actor.id().ifPresent(id -> json.put("id", id));
        actor.name().ifPresent(name -> json.put("name", name));
        return json;
    }
}
