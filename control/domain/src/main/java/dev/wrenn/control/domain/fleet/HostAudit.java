package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import dev.wrenn.control.domain.audit.AuditEntry.Visible;
import java.util.Map;
import java.util.Optional;

/// What the audit trail is told of hosts: in the trail of the team whose host it is, else in the
/// platform's.
public final class HostAudit {
    private static final String HOST = "host";

    private HostAudit() {}

    public static AuditEntry created(Optional<TeamId> team, Actor by, HostId id, HostType type) {
        return entry(team, by, "create", id, Tone.SUCCESS, Map.of("type", type.wire()));
    }

    public static AuditEntry registered(Optional<TeamId> team, HostId id, String address) {
        return entry(team, Actor.SYSTEM, "register", id, Tone.SUCCESS, Map.of("address", address));
    }

    public static AuditEntry tokenRenewed(Optional<TeamId> team, Actor by, HostId id) {
        return entry(team, by, "renew_token", id, Tone.INFO, Map.of());
    }

    /// Somebody showed a refresh token that was used up: all tokens of the host are dead.
    public static AuditEntry tokenReused(Optional<TeamId> team, HostId id) {
        return entry(team, Actor.SYSTEM, "token_reuse", id, Tone.ERROR, Map.of());
    }

    public static AuditEntry drained(Optional<TeamId> team, Actor by, HostId id, boolean draining) {
        return entry(team, by, draining ? "drain" : "undrain", id, Tone.INFO, Map.of());
    }

    public static AuditEntry tagged(
            Optional<TeamId> team, Actor by, HostId id, String tag, boolean added) {
        return entry(team, by, added ? "tag_add" : "tag_remove", id, Tone.INFO, Map.of("tag", tag));
    }

    public static AuditEntry deleted(Optional<TeamId> team, Actor by, HostId id, boolean force) {
        return entry(
                team, by, "delete", id, Tone.WARNING, Map.of("force", Boolean.toString(force)));
    }

    /// Nobody has heard of it for too long.
    public static AuditEntry markedDown(Optional<TeamId> team, HostId id) {
        return marked(team, "marked_down", id, Tone.ERROR);
    }

    /// It is heard of again.
    public static AuditEntry markedUp(Optional<TeamId> team, HostId id) {
        return marked(team, "marked_up", id, Tone.SUCCESS);
    }

    private static AuditEntry marked(Optional<TeamId> team, String action, HostId id, Tone tone) {
        return new AuditEntry(
                team.orElse(TeamId.PLATFORM),
                Actor.SYSTEM,
                new AuditEntry.Kind(HOST, action),
                Optional.of(id.toString()),
                Visible.TEAM,
                tone,
                Map.of());
    }

    private static AuditEntry entry(
            Optional<TeamId> team,
            Actor by,
            String action,
            HostId id,
            Tone tone,
            Map<String, String> metadata) {
        return new AuditEntry(
                team.orElse(TeamId.PLATFORM),
                by,
                new AuditEntry.Kind(HOST, action),
                Optional.of(id.toString()),
                Visible.ADMIN,
                tone,
                metadata);
    }
}
