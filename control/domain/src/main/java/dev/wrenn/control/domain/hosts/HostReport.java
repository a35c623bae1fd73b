package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TemplateId;
import java.util.Set;

/// What a host says about itself.
///
/// @param notReadyReason in words; empty when ready
/// @param capacity the most it promises
/// @param templates those it can make capsules of
public record HostReport(
        boolean ready,
        String notReadyReason,
        int cpus,
        MemorySize memory,
        MemorySize memoryReserved,
        MemorySize diskFree,
        int capsules,
        Capacity capacity,
        Set<TemplateId> templates) {
    public HostReport {
        templates = Set.copyOf(templates);
    }
}
