package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// A capsule as its host describes it.
///
/// @param incarnation which life of the capsule the host means
/// @param cause why it is stopped, in words; empty otherwise
/// @param metadata versions of kernel, VMM, agent and guest agent, and the acceleration
/// @param pauseReason why it is paused; empty otherwise
public record HostCapsule(
        CapsuleId id,
        long incarnation,
        Status status,
        String cause,
        Optional<String> hostIp,
        Optional<String> guestIp,
        Optional<Instant> startedAt,
        Optional<Instant> lastActiveAt,
        Map<String, String> metadata,
        Optional<PauseReason> pauseReason) {
    /// What the VM does.
    public enum Status {
        BOOTING,
        RUNNING,
        /// Ended by itself or could not boot; the host keeps only the record.
        STOPPED,
        /// Being saved; takes no commands. Ends in paused, or in running when it cannot be saved.
        PAUSING,
        /// Saved durably; holds no VM.
        PAUSED,
        /// On its way from paused to running, or back to paused.
        RESUMING
    }

    /// Why a capsule is paused.
    public enum PauseReason {
        /// Somebody asked for it.
        ASKED,
        /// Idle for longer than its idle timeout.
        IDLE,
        /// Its host had no control plane for too long.
        ISOLATED;

        /// The lowercase word on the wire.
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public HostCapsule {
        metadata = Map.copyOf(metadata);
    }
}
