package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;

/// The most that a host promises to its capsules together, as it says itself.
public record Capacity(MemorySize memory, int vcpus) {
    /// Whether one more finds room beside what is promised already.
    public boolean fits(Reserved promised, CapsuleSpec spec) {
        return promised.memoryMb() + spec.memory().mib() <= memory.mib()
                && promised.vcpus() + spec.vcpus() <= vcpus;
    }
}
