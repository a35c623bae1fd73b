package dev.wrenn.host.capsule;

/// What became of a destroy.
public sealed interface DestroyOutcome {
    /// Everything of the capsule is gone.
    record Destroyed() implements DestroyOutcome {}

    /// There is no such capsule.
    record Unknown() implements DestroyOutcome {}

    /// Something could not be removed; the next destroy or start of the agent tries again.
    ///
    /// @param cause in words
    record Failed(String cause) implements DestroyOutcome {}
}
