package dev.wrenn.host.capsule;

import java.time.Instant;

/// What a VM took at one time, or on average over the time since the point before.
///
/// @param cpuPercent of its vCPUs, 0 to 100
/// @param memoryBytes resident in the VM's process
/// @param diskBytes allocated by its disk
public record MetricPoint(Instant at, double cpuPercent, long memoryBytes, long diskBytes) {}
