package dev.wrenn.host.capsule;

/// Why a capsule is paused.
public enum PauseReason {
    /// Somebody asked for it.
    ASKED,
    /// Nobody used it for longer than its idle timeout.
    IDLE,
    /// The host had no control plane for too long, or is none any more.
    ISOLATED
}
