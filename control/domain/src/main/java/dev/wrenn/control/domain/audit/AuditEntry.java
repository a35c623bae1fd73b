package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.TeamId;
import java.util.Map;
import java.util.Optional;

/// A row of the audit trail that is about to be written, together with the change it tells of.
///
/// @param team whose trail it is in
/// @param visible to whom in that team
/// @param tone what kind of event it is, not how the call ended
public record AuditEntry(
        TeamId team,
        Actor actor,
        Kind kind,
        Optional<String> resourceId,
        Visible visible,
        Tone tone,
        Map<String, String> metadata) {
    public AuditEntry {
        metadata = Map.copyOf(metadata);
    }

    /// What happened to what.
    public record Kind(String resourceType, String action) {}

    /// Who in the team sees it.
    public enum Visible {
        TEAM("team"),
        /// Owner and admins.
        ADMIN("admin");

        private final String wire;

        Visible(String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }
    }

    /// The colour of an event.
    public enum Tone {
        SUCCESS("success"),
        INFO("info"),
        WARNING("warning"),
        ERROR("error");

        private final String wire;

        Tone(String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }
    }

    /// The name under which the event stream tells it; empty when it does not.
    public Optional<String> streamName() {
        if (kind.resourceType().equals("host")) return ofHost();
        if (tone == Tone.ERROR) return Optional.empty();
        return Optional.ofNullable(
                switch (kind.resourceType() + "." + kind.action()) {
                    case "sandbox.create" -> "capsule.created";
                    case "sandbox.resume" -> "capsule.running";
                    case "sandbox.pause" -> "capsule.paused";
                    case "sandbox.destroy" -> "capsule.destroyed";
                    case "sandbox.network_denied" -> "capsule.network.denied";
                    case "snapshot.create" -> "template.snapshot.created";
                    case "snapshot.delete" -> "template.snapshot.deleted";
                    default -> null;
                });
    }

    /// Only a team that brings hosts is told of them.
    private Optional<String> ofHost() {
        if (team.equals(TeamId.PLATFORM)) return Optional.empty();
        return switch (kind.action()) {
            case "marked_up" -> Optional.of("host.up");
            case "marked_down" -> Optional.of("host.down");
            default -> Optional.empty();
        };
    }
}
