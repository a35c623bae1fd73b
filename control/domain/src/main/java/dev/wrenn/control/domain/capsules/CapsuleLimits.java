package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;

/// The most a caller may ask for.
///
/// @param idleTimeout longest idle timeout
/// @param team what a team may have, unless the platform's administrators say otherwise
public record CapsuleLimits(int vcpus, MemorySize memory, Duration idleTimeout, Amounts team) {
    /// What an installation starts with.
    public static final CapsuleLimits DEFAULT =
            new CapsuleLimits(8, MemorySize.ofMib(16 << 10), Duration.ofDays(7), Amounts.NORMAL);

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
    }
}
