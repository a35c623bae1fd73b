package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import java.util.HashMap;
import java.util.Map;

/// A snapshot template as its host made it.
///
/// @param sizeBytes allocated bytes of its files
/// @param vcpus fixed for every capsule made of it, as is the memory
/// @param metadata versions of what it was made with
public record HostSnapshot(
        long sizeBytes, int vcpus, MemorySize memory, Map<String, String> metadata) {
    public HostSnapshot {
        metadata = Map.copyOf(metadata);
    }

    /// The same, saying which capsule it was made of, and that one of which template.
    public HostSnapshot of(CapsuleId capsule, String template) {
        var all = new HashMap<>(metadata);
        all.put("source_capsule", capsule.toString());
        all.put("source_template", template);
        return new HostSnapshot(sizeBytes, vcpus, memory, all);
    }
}
