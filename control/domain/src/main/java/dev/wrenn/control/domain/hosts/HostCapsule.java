package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/// A capsule as its host describes it.
///
/// @param incarnation which life of the capsule the host means
/// @param cause why it is stopped, in words; empty otherwise
/// @param metadata versions of kernel, VMM, agent and guest agent, and the acceleration
public record HostCapsule(
        CapsuleId id,
        long incarnation,
        Status status,
        String cause,
        Optional<String> hostIp,
        Optional<String> guestIp,
        Optional<Instant> startedAt,
        Optional<Instant> lastActiveAt,
        Map<String, String> metadata) {
    /// What the VM does.
    public enum Status {
        BOOTING,
        RUNNING,
        /// Ended by itself or could not boot; the host keeps only the record.
        STOPPED
    }

    public HostCapsule {
        metadata = Map.copyOf(metadata);
    }
}
