package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import java.util.Optional;
import java.util.Set;

/// A registered machine.
///
/// @param address `host:port` of its agent, as the control plane dials it
/// @param team that brought it, for its own capsules only; empty: for every team that brings none
/// @param draining set aside: it takes no new capsules
/// @param tags that creates can ask for
public record Host(
        HostId id, String address, Optional<TeamId> team, boolean draining, Set<String> tags) {
    public Host {
        tags = Set.copyOf(tags);
    }

    /// One of the platform's, for any capsule.
    public Host(HostId id, String address) {
        this(id, address, Optional.empty(), false, Set.of());
    }
}
