package dev.wrenn.host.capsule;

import dev.wrenn.common.model.MemorySize;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/// Settings of the capsules of one host.
///
/// @param dataDir the agent's data directory
/// @param cpus of the host
/// @param memory of the host
/// @param memoryOvercommit promised guest memory may be this multiple of the host's, 0.1..10
/// @param vcpuOvercommit promised vCPUs may be this multiple of the host's, 1..64
/// @param bootLimit from the start of the VMM until the guest answers
/// @param dns resolvers of guests
/// @param restore how the memory of a restored VM is served
/// @param warmImages most warm images kept, 0: every create is a cold boot
/// @param waitingVms most VMs that wait for creates, 0: none
public record CapsuleConfig(
        Path dataDir,
        int cpus,
        MemorySize memory,
        double memoryOvercommit,
        double vcpuOvercommit,
        Duration bootLimit,
        List<InetAddress> dns,
        Restore restore,
        int warmImages,
        int waitingVms) {
    /// How the memory of a restored VM is served.
    public enum Restore {
        /// A flat image is mapped, any other goes through the pager.
        AUTO,
        /// Every image goes through the pager.
        PAGER
    }

    public CapsuleConfig {
        dns = List.copyOf(dns);
        if (cpus < 1) throw new IllegalArgumentException("cpus: " + cpus + " (expected: >= 1)");
        if (!(memoryOvercommit >= 0.1 && memoryOvercommit <= 10))
            throw new IllegalArgumentException(
                    "memory overcommit: " + memoryOvercommit + " (expected: 0.1..10)");
        if (!(vcpuOvercommit >= 1 && vcpuOvercommit <= 64))
            throw new IllegalArgumentException(
                    "vCPU overcommit: " + vcpuOvercommit + " (expected: 1..64)");
        if (warmImages < 0)
            throw new IllegalArgumentException("warm images: " + warmImages + " (expected: >= 0)");
        if (waitingVms < 0)
            throw new IllegalArgumentException("waiting VMs: " + waitingVms + " (expected: >= 0)");
        if (bootLimit.isNegative() || bootLimit.isZero())
            throw new IllegalArgumentException("boot limit: " + bootLimit + " (expected: > 0)");
    }
}
