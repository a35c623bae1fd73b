package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.net.InetAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A capsule at one moment, without its secrets. Immutable.
///
/// @param cause why it is stopped; empty otherwise
/// @param slotAddress where the host reaches it; null without a slot
/// @param startedAtOrNull null until it runs
/// @param metadata kernel_version, vmm_version, agent_version, envd_version, accel
public record CapsuleView(
        CapsuleRequest request,
        Phase phase,
        String cause,
        @Nullable InetAddress slotAddress,
        Instant createdAt,
        @Nullable Instant startedAtOrNull,
        Instant lastActiveAt,
        Map<String, String> metadata) {
    /// The capsule's id.
    public CapsuleId id() {
        return request.id();
    }

    /// Where the host reaches it, while it has a slot.
    public Optional<InetAddress> hostIp() {
        return Optional.ofNullable(slotAddress);
    }

    /// When the guest first answered.
    public Optional<Instant> startedAt() {
        return Optional.ofNullable(startedAtOrNull);
    }
}
