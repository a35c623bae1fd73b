package dev.wrenn.control.domain.network;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;

/// The policies of a stored capsule.
///
/// @param revision grows when one of them changes
/// @param inForce whether its host has said that it follows them
public record CapsuleNetwork(
        CapsuleId id, HostId host, Egress egress, long revision, boolean inForce) {}
