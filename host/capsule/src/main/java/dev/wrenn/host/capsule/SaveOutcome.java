package dev.wrenn.host.capsule;

/// What became of a pause or a snapshot.
///
/// @param <T> what a successful one tells
public sealed interface SaveOutcome<T> {
    /// It is saved durably.
    record Done<T>(T what) implements SaveOutcome<T> {}

    /// There is no such capsule.
    record Unknown<T>() implements SaveOutcome<T> {}

    /// It is not in a phase that can be saved.
    record NotRunning<T>(Phase phase) implements SaveOutcome<T> {}

    /// Another life of the capsule runs.
    ///
    /// @param incarnation which one
    record OtherIncarnation<T>(long incarnation) implements SaveOutcome<T> {}

    /// The host's disk is full; the capsule goes on as before.
    ///
    /// @param reason in words
    record DiskFull<T>(String reason) implements SaveOutcome<T> {}

    /// The capsule goes on as before.
    ///
    /// @param cause in words
    record Failed<T>(String cause) implements SaveOutcome<T> {}
}
