package dev.wrenn.control.domain.channels;

import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Envelope;
import dev.wrenn.control.domain.audit.Outbox;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/// What a channel is told.
///
/// @param delivery the same for every attempt
/// @param envelope for programs
/// @param title one line for people
/// @param text for people: the title and five lines more
public record Message(UUID delivery, Map<String, Object> envelope, String title, String text) {
    /// Tells of an event.
    static Message of(UUID delivery, Outbox.Item item) {
        var entry = item.row().entry();
        var id = entry.resourceId().map(Plain::of).orElse("");
        var title = EventNames.summary(item.event(), id);
        return new Message(
                delivery,
                Envelope.of(item),
                title,
                text(
                        title,
                        item.event(),
                        entry.kind().resourceType() + " " + id,
                        actor(entry.actor()),
                        entry.team().toString(),
                        item.row().at()));
    }

    /// Tells that a channel works.
    static Message test(UUID delivery, Actor actor, Instant now) {
        var envelope = new LinkedHashMap<String, Object>();
        envelope.put("event", EventNames.TEST);
        envelope.put("timestamp", now.truncatedTo(ChronoUnit.SECONDS).toString());
        envelope.put("team_id", "test");
        envelope.put("actor", Envelope.actor(actor));
        var resource = new LinkedHashMap<String, Object>();
        resource.put("id", "test");
        resource.put("type", "channel");
        envelope.put("resource", resource);
        var title = EventNames.summary(EventNames.TEST, "");
        return new Message(
                delivery,
                envelope,
                title,
                text(title, EventNames.TEST, "channel test", actor(actor), "test", now));
    }

    private static String text(
            String title, String event, String resource, String actor, String team, Instant at) {
        return """
        %s

        Event: %s
        Resource: %s
        Actor: %s
        Team: %s
        Time: %s\
        """
                .formatted(title, event, resource, actor, team, at.truncatedTo(ChronoUnit.SECONDS));
    }

    private static String actor(Actor actor) {
        var named = Plain.of(actor.name().orElse("")) + " (" + actor.id().orElse("") + ")";
        return switch (actor.kind()) {
            case USER -> named;
            case API_KEY -> "api_key " + named;
            case SYSTEM -> "system";
        };
    }
}
