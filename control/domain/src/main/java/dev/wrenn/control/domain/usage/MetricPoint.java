package dev.wrenn.control.domain.usage;

import java.time.Instant;

/// What a capsule took at one time, or on average over the time since the point before.
///
/// @param at in full seconds
/// @param cpuPercent of its vCPUs, 0 to 100
/// @param memoryBytes resident in its VM's process
/// @param diskBytes allocated by its disk
public record MetricPoint(Instant at, double cpuPercent, long memoryBytes, long diskBytes) {}
