package dev.wrenn.host.capsule;

/// Why a capsule is paused.
public enum PauseReason {
    /// Somebody asked for it.
    ASKED,
    /// Nobody used it for longer than its idle timeout.
    IDLE
}
