package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// A stored host.
///
/// @param team whose it is; empty for one of the platform
/// @param machine what it told when it registered; empty before
/// @param draining set aside: it takes no new capsules
/// @param certificateEnds when its certificate does; empty before it has one
/// @param createdBy empty for the one that came with the installation
public record FleetHost(
        HostId id,
        HostType type,
        Optional<TeamId> team,
        Optional<String> teamName,
        Optional<String> provider,
        Optional<String> zone,
        Optional<Machine> machine,
        HostStatus status,
        boolean draining,
        List<String> tags,
        Optional<Instant> lastHeartbeat,
        Optional<Instant> certificateEnds,
        Optional<UserId> createdBy,
        Instant createdAt,
        Instant updatedAt) {
    public FleetHost {
        tags = List.copyOf(tags);
    }

    /// The status in the word that clients see.
    public String word() {
        return status == HostStatus.ONLINE && draining ? "draining" : status.wire();
    }
}
