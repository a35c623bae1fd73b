package dev.wrenn.common.model;

import java.time.Duration;

/// What a capsule is made of: vCPUs 1..32, memory 128 MiB..64 GiB in whole MiB, disk, idle timeout
/// (zero: never).
public record CapsuleSpec(int vcpus, MemorySize memory, MemorySize disk, Duration idleTimeout) {
    /// Most vCPUs any host accepts.
    public static final int MAX_VCPUS = 32;

    /// Least memory that boots the guest kernel with room to work.
    public static final MemorySize MIN_MEMORY = MemorySize.ofMib(128);

    /// Most memory any host accepts.
    public static final MemorySize MAX_MEMORY = MemorySize.ofMib(64L << 10);

    /// Size of every capsule's disk.
    public static final MemorySize DEFAULT_DISK = MemorySize.ofMib(5120);

    public CapsuleSpec {
        if (vcpus < 1 || vcpus > MAX_VCPUS)
            throw new IllegalArgumentException(
                    "vcpus: " + vcpus + " (expected: 1.." + MAX_VCPUS + ")");
        if (memory.compareTo(MIN_MEMORY) < 0 || memory.compareTo(MAX_MEMORY) > 0)
            throw new IllegalArgumentException(
                    "memory_mb: "
                            + memory.mib()
                            + " (expected: "
                            + MIN_MEMORY.mib()
                            + ".."
                            + MAX_MEMORY.mib()
                            + ")");
        if (idleTimeout.isNegative())
            throw new IllegalArgumentException(
                    "timeout_sec: " + idleTimeout.toSeconds() + " (expected: >= 0)");
    }
}
