package dev.wrenn.common.model;

/// Something that happened to a capsule, as the host reported it or a caller asked for it.
public sealed interface CapsuleEvent {
    /// The host says the VM runs and its guest agent answers.
    record Booted() implements CapsuleEvent {}

    /// The host could not start the VM.
    ///
    /// @param cause in words, for people
    record BootFailed(String cause) implements CapsuleEvent {}

    /// The VM ended without being asked to.
    ///
    /// @param cause in words, for people
    record Died(String cause) implements CapsuleEvent {}

    /// The host has been silent for too long.
    record HostLost() implements CapsuleEvent {}

    /// The host is back and knows nothing of this capsule.
    record Vanished() implements CapsuleEvent {}

    /// Somebody ended the capsule.
    ///
    /// @param cause who or what, in words
    record Destroyed(String cause) implements CapsuleEvent {}
}
