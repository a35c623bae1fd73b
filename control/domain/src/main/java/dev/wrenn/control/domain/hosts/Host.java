package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.HostId;

/// A registered machine.
///
/// @param address `host:port` of its agent, as the control plane dials it
public record Host(HostId id, String address) {}
