package dev.wrenn.host.capsule;

import dev.wrenn.common.model.MemorySize;

/// What the host has and has promised.
///
/// @param memoryLimit the most that is promised
/// @param vcpuLimit the same
/// @param capsules that live
public record HostUsage(
        int cpus,
        MemorySize memory,
        MemorySize memoryReserved,
        int vcpusReserved,
        MemorySize memoryLimit,
        int vcpuLimit,
        MemorySize diskFree,
        int capsules) {}
