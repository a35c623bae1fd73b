package dev.wrenn.host.capsule;

import java.util.Locale;

/// Where a capsule is in its life on this host.
public enum Phase {
    /// On its way to running for the first time.
    BOOTING,
    /// The guest answers.
    RUNNING,
    /// Being saved; the VM is still there.
    PAUSING,
    /// Saved durably; holds no VM, slot or memory.
    PAUSED,
    /// On its way from paused to running; the pause image is still whole.
    RESUMING,
    /// The VM ended or never came up; resources are released, the record says why.
    STOPPED,
    /// On its way to being forgotten.
    DESTROYING;

    /// True while a VM is there or on its way.
    public boolean isLive() {
        return switch (this) {
            case BOOTING, RUNNING, PAUSING, RESUMING -> true;
            case PAUSED, STOPPED, DESTROYING -> false;
        };
    }

    /// The lowercase word for people.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
