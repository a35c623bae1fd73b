package dev.wrenn.control.domain.ports;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;

/// What is stored of a capsule, as far as its ports are concerned.
///
/// @param token signs links to its ports
public record PortRow(
        CapsuleId id,
        TeamId team,
        HostId host,
        CapsuleState state,
        PortSettings settings,
        PortToken token) {}
