package dev.wrenn.host.capsule;

/// Where a capsule is in its life on this host.
public enum Phase {
    /// On its way to running.
    BOOTING,
    /// The guest answers.
    RUNNING,
    /// The VM ended or never came up; resources are released, the record says why.
    STOPPED,
    /// On its way to being forgotten.
    DESTROYING;

    /// True while a VM is there or on its way.
    public boolean isLive() {
        return this == BOOTING || this == RUNNING;
    }
}
