package dev.wrenn.common.model;

/// Something that happened to a capsule, as the host reported it or a caller asked for it.
public sealed interface CapsuleEvent {
    /// The host says the VM runs and its guest agent answers.
    record Booted() implements CapsuleEvent {}

    /// The host could not start the VM.
    ///
    /// @param cause in words, for people
    record BootFailed(String cause) implements CapsuleEvent {}

    /// Somebody wants it paused.
    record PauseAsked() implements CapsuleEvent {}

    /// The host says it is saved durably and holds no VM: asked for, or idle for too long.
    record Paused() implements CapsuleEvent {}

    /// The host could not save it; the VM goes on as before.
    ///
    /// @param cause in words, for people
    record PauseFailed(String cause) implements CapsuleEvent {}

    /// Somebody wants it to go on: a new incarnation begins.
    record ResumeAsked() implements CapsuleEvent {}

    /// The host could not let it go on; what was saved is intact.
    ///
    /// @param cause in words, for people
    record ResumeFailed(String cause) implements CapsuleEvent {}

    /// What was saved is damaged; the host keeps the files until the capsule is destroyed.
    ///
    /// @param cause in words, for people
    record ImageLost(String cause) implements CapsuleEvent {}

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
