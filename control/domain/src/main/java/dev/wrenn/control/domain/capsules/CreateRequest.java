package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateType;
import java.time.Duration;
import java.util.Set;

/// What a caller asks for. Zero and less stand for the default.
///
/// @param hostTags that the capsule's host must have
public record CreateRequest(
        String template,
        long vcpus,
        long memoryMb,
        long timeoutSec,
        PortSettings ports,
        Set<String> hostTags) {
    private static final int DEFAULT_VCPUS = 1;
    private static final long DEFAULT_MEMORY_MB = 512;

    /// A request outside the limits. The message names field, value and bounds.
    public static final class TooMuch extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TooMuch(String message) {
            super(message);
        }
    }

    /// What the capsule will be made of. A snapshot template forces its own vCPUs and memory.
    ///
    /// @throws TooMuch naming the first field out of bounds
    CapsuleSpec spec(Template from, CapsuleLimits limits) {
        long timeout = Math.max(0, timeoutSec);
        bound("timeout_sec", timeout, 0, limits.idleTimeout().toSeconds());
        if (from.type() == TemplateType.SNAPSHOT) return spec(from.vcpus(), from.memory(), timeout);
        long cpus = vcpus > 0 ? vcpus : DEFAULT_VCPUS;
        long memory = memoryMb > 0 ? memoryMb : DEFAULT_MEMORY_MB;
        bound("vcpus", cpus, 1, limits.vcpus());
        bound("memory_mb", memory, CapsuleSpec.MIN_MEMORY.mib(), limits.memory().mib());
        return spec((int) cpus, MemorySize.ofMib(memory), timeout);
    }

    private static CapsuleSpec spec(int vcpus, MemorySize memory, long timeout) {
        return new CapsuleSpec(
                vcpus, memory, CapsuleSpec.DEFAULT_DISK, Duration.ofSeconds(timeout));
    }

    private static void bound(String field, long value, long least, long most) {
        if (value < least || value > most)
            throw new TooMuch(field + ": " + value + " (expected: " + least + ".." + most + ")");
    }
}
