package dev.wrenn.host.guest;

import dev.wrenn.contracts.process.Signal;

/// Signals for a process group.
public enum KillSignal {
    /// SIGTERM.
    TERM(Signal.SIGNAL_SIGTERM),
    /// SIGKILL.
    KILL(Signal.SIGNAL_SIGKILL);

    private final Signal wire;

    KillSignal(Signal wire) {
        this.wire = wire;
    }

    Signal wire() {
        return wire;
    }
}
