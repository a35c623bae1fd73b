package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.MemorySize;

/// What a host says about itself.
///
/// @param notReadyReason in words; empty when ready
public record HostReport(
        boolean ready,
        String notReadyReason,
        int cpus,
        MemorySize memory,
        MemorySize memoryReserved,
        MemorySize diskFree,
        int capsules) {
    /// Memory not promised to any capsule.
    public MemorySize memoryFree() {
        return new MemorySize(Math.max(0, memory.bytes() - memoryReserved.bytes()));
    }
}
