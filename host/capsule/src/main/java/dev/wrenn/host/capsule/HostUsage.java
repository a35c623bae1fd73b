package dev.wrenn.host.capsule;

import dev.wrenn.common.model.MemorySize;

/// What the host has and has promised.
///
/// @param capsules that live
public record HostUsage(
        int cpus,
        MemorySize memory,
        MemorySize memoryReserved,
        int vcpusReserved,
        MemorySize diskFree,
        int capsules) {}
