package dev.wrenn.host.capsule;

/// What became of a resume.
public sealed interface ResumeOutcome {
    /// It runs.
    record Running(CapsuleView capsule) implements ResumeOutcome {}

    /// There is no such capsule.
    record Unknown() implements ResumeOutcome {}

    /// It is not paused.
    record NotPaused(Phase phase) implements ResumeOutcome {}

    /// A life of the capsule that is not older than the one asked for exists.
    ///
    /// @param incarnation which one
    record OtherIncarnation(long incarnation) implements ResumeOutcome {}

    /// The host has promised all it has; it is still paused.
    ///
    /// @param reason in words
    record NoRoom(String reason) implements ResumeOutcome {}

    /// The host's disk is full; it is still paused.
    ///
    /// @param reason in words
    record DiskFull(String reason) implements ResumeOutcome {}

    /// Its image is damaged: it is stopped for ever, the image is kept until it is destroyed.
    ///
    /// @param cause in words
    record Damaged(String cause) implements ResumeOutcome {}

    /// It is still paused.
    ///
    /// @param cause in words
    record Failed(String cause) implements ResumeOutcome {}
}
