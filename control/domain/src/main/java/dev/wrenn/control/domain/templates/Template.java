package dev.wrenn.control.domain.templates;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// What a capsule boots from.
///
/// @param vcpus what a snapshot template forces; for a base template a hint
/// @param sizeBytes allocated bytes of its files
/// @param metadata versions of what it was made with
/// @param host where its files are; empty: on every host
public record Template(
        TemplateId id,
        TeamId team,
        String name,
        TemplateType type,
        int vcpus,
        MemorySize memory,
        long sizeBytes,
        Instant createdAt,
        Map<String, String> metadata,
        Optional<HostId> host) {
    public Template {
        metadata = Map.copyOf(metadata);
    }

    /// Shared with every team.
    public boolean platform() {
        return team.equals(TeamId.PLATFORM);
    }
}
