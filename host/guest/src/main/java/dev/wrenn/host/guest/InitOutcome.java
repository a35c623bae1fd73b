package dev.wrenn.host.guest;

/// What became of telling a guest who it is.
public sealed interface InitOutcome {
    /// The guest has its identity and accepts commands.
    record Ready() implements InitOutcome {}

    /// The guest answered, but refused.
    ///
    /// @param status HTTP status
    record Refused(int status) implements InitOutcome {}

    /// The guest did not answer.
    ///
    /// @param reason in words
    record Unreachable(String reason) implements InitOutcome {}
}
