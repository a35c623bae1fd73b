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
import org.jdbi.v3.core.statement.SqlStatement;

/// Rows of the audit trail, within the transaction of the change they tell of.
final class AuditRows {
    static final String COLUMNS =
            """
            a.id, a.team_id, a.actor_type, a.actor_id, a.actor_name, a.resource_type,
            a.resource_id, a.action, a.scope, a.status, a.metadata, a.created_at
            """;

    private static final String WRITE = told("select 1");

    private AuditRows() {}

    /// A statement that changes rows and tells of each with an entry, see [#bind].
    ///
    /// @param change returns what it has changed
    static String told(String change) {
        return """
        with changed as (%s),
        entry as (
            insert into audit_logs (id, team_id, actor_type, actor_id, actor_name,
                resource_type, resource_id, action, scope, status, metadata)
            select :entryId, :entryTeam, :entryActorType, :entryActorId, :entryActorName,
                   :entryType, :entryResource, :entryAction, :entryScope, :entryStatus,
                   cast(:entryMetadata as jsonb)
              from changed
            returning id),
        outgoing as (
            insert into audit_outbox (audit_id, event)
            select id, :entryEvent from entry where cast(:entryEvent as text) is not null)
        select * from changed
        """
                .formatted(change);
    }

    static <S extends SqlStatement<S>> S bind(S statement, AuditEntry entry) {
        return statement
                .bind("entryId", UUID.randomUUID())
                .bind("entryTeam", entry.team().value())
                .bind("entryActorType", entry.actor().kind().wire())
                .bind("entryActorId", entry.actor().id().orElse(null))
                .bind("entryActorName", entry.actor().name().orElse(null))
                .bind("entryType", entry.kind().resourceType())
                .bind("entryResource", entry.resourceId().orElse(null))
                .bind("entryAction", entry.kind().action())
                .bind("entryScope", entry.visible().wire())
                .bind("entryStatus", entry.tone().wire())
                .bind("entryMetadata", Json.write(entry.metadata()))
                .bind("entryEvent", entry.streamName().orElse(null));
    }

    static void write(Handle h, AuditEntry entry) {
        bind(h.createQuery(WRITE), entry).mapTo(Integer.class).one();
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
