package dev.wrenn.host.vmm;

/// How a VM ended.
///
/// @param kind who ended it
/// @param cause in words, with the last messages of VMM or guest when they tell something
public record Exit(Kind kind, String cause) {
    /// Who ended the VM.
    public enum Kind {
        /// [VmProcess#kill()] did.
        ASKED,
        /// The guest powered off, rebooted or panicked.
        GUEST,
        /// The VMM failed or was killed from outside.
        FAILED
    }
}
