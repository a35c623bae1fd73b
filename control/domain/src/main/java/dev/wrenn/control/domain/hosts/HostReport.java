package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TemplateId;
import java.util.Set;

/// What a host says about itself.
///
/// @param notReadyReason in words; empty when ready
/// @param templates those it can make capsules of
public record HostReport(
        boolean ready,
        String notReadyReason,
        int cpus,
        MemorySize memory,
        MemorySize memoryReserved,
        MemorySize diskFree,
        int capsules,
        Set<TemplateId> templates) {
    public HostReport {
        templates = Set.copyOf(templates);
    }

    /// Memory not promised to any capsule.
    public MemorySize memoryFree() {
        return new MemorySize(Math.max(0, memory.bytes() - memoryReserved.bytes()));
    }
}
