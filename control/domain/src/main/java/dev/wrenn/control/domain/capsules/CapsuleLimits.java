package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import java.time.Duration;

/// The most a caller may ask for.
///
/// @param idleTimeout longest idle timeout
/// @param perTeam capsules of a team that are not final
public record CapsuleLimits(int vcpus, MemorySize memory, Duration idleTimeout, int perTeam) {
    /// What an installation starts with.
    public static final CapsuleLimits DEFAULT =
            new CapsuleLimits(8, MemorySize.ofMib(16 << 10), Duration.ofDays(7), 100);

    public CapsuleLimits {
        if (vcpus < 1 || vcpus > CapsuleSpec.MAX_VCPUS)
            throw new IllegalArgumentException(
                    "vcpus: " + vcpus + " (expected: 1.." + CapsuleSpec.MAX_VCPUS + ")");
        if (memory.compareTo(CapsuleSpec.MIN_MEMORY) < 0
                || memory.compareTo(CapsuleSpec.MAX_MEMORY) > 0)
            throw new IllegalArgumentException(
                    "memory: "
                            + memory
                            + " (expected: "
                            + CapsuleSpec.MIN_MEMORY
                            + ".."
                            + CapsuleSpec.MAX_MEMORY
                            + ")");
        if (perTeam < 1)
            throw new IllegalArgumentException("perTeam: " + perTeam + " (expected: >= 1)");
    }
}
