package dev.wrenn.host.guest;

/// What became of a request about a running process.
public sealed interface ProcessOutcome {
    /// It is done.
    record Done() implements ProcessOutcome {}

    /// The guest has no such process (any more).
    record NoProcess() implements ProcessOutcome {}

    /// The guest did not accept it, for example input for a process without a pipe.
    record Rejected(String reason) implements ProcessOutcome {}

    /// The guest does not answer.
    record Unreachable(String reason) implements ProcessOutcome {}
}
