package dev.wrenn.host.capsule;

/// What became of a create.
public sealed interface CreateOutcome {
    /// The capsule exists: running, or stopped with a cause when its VM did not come up.
    record Created(CapsuleView capsule) implements CreateOutcome {}

    /// The host has promised all it has.
    ///
    /// @param reason in words
    record NoRoom(String reason) implements CreateOutcome {}

    /// The host's disk is full.
    ///
    /// @param reason in words
    record DiskFull(String reason) implements CreateOutcome {}

    /// This host does not have the template.
    record UnknownTemplate() implements CreateOutcome {}

    /// The id is in use by another life of the capsule.
    ///
    /// @param incarnation which one
    record OtherIncarnation(long incarnation) implements CreateOutcome {}

    /// Nothing was made.
    ///
    /// @param cause in words
    record Failed(String cause) implements CreateOutcome {}
}
