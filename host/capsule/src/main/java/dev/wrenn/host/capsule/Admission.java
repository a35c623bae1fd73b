package dev.wrenn.host.capsule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import java.util.Optional;

/// What the host has promised to its capsules. Thread-safe.
final class Admission {
    private final long memoryLimit;
    private final int vcpuLimit;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private long memory;

    @GuardedBy("lock")
    private int vcpus;

    Admission(CapsuleConfig config) {
        this.memoryLimit = (long) (config.memory().bytes() * config.memoryOvercommit());
        this.vcpuLimit = (int) Math.ceil(config.cpus() * config.vcpuOvercommit());
    }

    /// Promises what the capsule needs.
    ///
    /// @return empty when promised, else what is missing, in words
    Optional<String> reserve(CapsuleSpec spec) {
        synchronized (lock) {
            if (memory + spec.memory().bytes() > memoryLimit)
                return Optional.of(
                        "no memory left: "
                                + new MemorySize(memory).mib()
                                + " of "
                                + new MemorySize(memoryLimit).mib()
                                + " MiB promised, "
                                + spec.memory().mib()
                                + " asked");
            if (vcpus + spec.vcpus() > vcpuLimit)
                return Optional.of(
                        "no vCPUs left: "
                                + vcpus
                                + " of "
                                + vcpuLimit
                                + " promised, "
                                + spec.vcpus()
                                + " asked");
            force(spec);
            return Optional.empty();
        }
    }

    /// Whether so much more could be promised.
    boolean fits(long memoryBytes, int moreVcpus) {
        synchronized (lock) {
            return memory + memoryBytes <= memoryLimit && vcpus + moreVcpus <= vcpuLimit;
        }
    }

    /// Counts a capsule that runs already.
    void force(CapsuleSpec spec) {
        synchronized (lock) {
            memory += spec.memory().bytes();
            vcpus += spec.vcpus();
        }
    }

    void release(CapsuleSpec spec) {
        synchronized (lock) {
            memory -= spec.memory().bytes();
            vcpus -= spec.vcpus();
        }
    }

    MemorySize memoryLimit() {
        return new MemorySize(memoryLimit);
    }

    int vcpuLimit() {
        return vcpuLimit;
    }

    MemorySize memory() {
        synchronized (lock) {
            return new MemorySize(memory);
        }
    }

    int vcpus() {
        synchronized (lock) {
            return vcpus;
        }
    }
}
