package dev.wrenn.control.store;

import dev.wrenn.common.model.AuditEntryId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.audit.AuditRow;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Rows of the audit trail, within the transaction of the change they tell of.
final class AuditRows {
    static final String COLUMNS =
            """
            a.id, a.team_id, a.actor_type, a.actor_id, a.actor_name, a.resource_type,
            a.resource_id, a.action, a.scope, a.status, a.metadata, a.created_at
            """;

    private static final String WRITE =
            """
            with row as (
                insert into audit_logs (id, team_id, actor_type, actor_id, actor_name,
                    resource_type, resource_id, action, scope, status, metadata)
                values (:id, :team, :actorType, :actorId, :actorName, :type, :resource, :action,
                    :scope, :status, :metadata::jsonb)
                returning id)
            insert into audit_outbox (audit_id, event)
            select id, :event from row where cast(:event as text) is not null
            """;

    private AuditRows() {}

    static void write(Handle h, AuditEntry entry) {
        h.createUpdate(WRITE)
                .bind("id", UUID.randomUUID())
                .bind("team", entry.team().value())
                .bind("actorType", entry.actor().kind().wire())
                .bind("actorId", entry.actor().id().orElse(null))
                .bind("actorName", entry.actor().name().orElse(null))
                .bind("type", entry.kind().resourceType())
                .bind("resource", entry.resourceId().orElse(null))
                .bind("action", entry.kind().action())
                .bind("scope", entry.visible().wire())
                .bind("status", entry.tone().wire())
                .bind("metadata", Json.write(entry.metadata()))
                .bind("event", entry.streamName().orElse(null))
                .execute();
    }

    static AuditRow row(ResultSet rs) throws SQLException {
        var entry =
                new AuditEntry(
                        new TeamId(rs.getObject("team_id", UUID.class)),
                        actor(
                                rs.getString("actor_type"),
                                rs.getString("actor_id"),
                                rs.getString("actor_name")),
                        new AuditEntry.Kind(rs.getString("resource_type"), rs.getString("action")),
                        Optional.ofNullable(rs.getString("resource_id")),
                        rs.getString("scope").equals("team")
                                ? AuditEntry.Visible.TEAM
                                : AuditEntry.Visible.ADMIN,
                        tone(rs.getString("status")),
                        Json.read(rs.getString("metadata")));
        return new AuditRow(
                new AuditEntryId(rs.getObject("id", UUID.class)),
                rs.getObject("created_at", OffsetDateTime.class).toInstant(),
                entry);
    }

    static Actor actor(
            String type,
            @org.jspecify.annotations.Nullable String id,
            @org.jspecify.annotations.Nullable String name) {
        for (var kind : Actor.Kind.values())
            if (kind.wire().equals(type))
                return new Actor(kind, Optional.ofNullable(id), Optional.ofNullable(name));
        throw new IllegalStateException("actor_type: " + type + " (not known here)");
    }

    private static AuditEntry.Tone tone(String status) {
        for (var tone : AuditEntry.Tone.values()) if (tone.wire().equals(status)) return tone;
        throw new IllegalStateException("status: " + status + " (not known here)");
    }
}
