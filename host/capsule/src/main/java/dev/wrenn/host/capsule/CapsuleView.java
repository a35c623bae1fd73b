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
/// @param pauseOrNull how it was paused; null unless it is
/// @param metadata kernel_version, vmm_version, agent_version, envd_version, accel; of the newest
///   save pause_blackout_us and pause_total_us
public record CapsuleView(
        CapsuleRequest request,
        Phase phase,
        String cause,
        @Nullable InetAddress slotAddress,
        Instant createdAt,
        @Nullable Instant startedAtOrNull,
        Instant lastActiveAt,
        CapsuleRecord.@Nullable Pause pauseOrNull,
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

    /// Why it is paused, while it is.
    public Optional<PauseReason> pauseReason() {
        return Optional.ofNullable(pauseOrNull).map(CapsuleRecord.Pause::reason);
    }

    /// Allocated bytes of its pause image; 0 unless paused.
    public long imageBytes() {
        return pauseOrNull == null ? 0 : pauseOrNull.bytes();
    }
}
