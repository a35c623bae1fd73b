package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;
import java.time.Duration;

/// What happens while a program runs in a guest, in order; a [Last] event comes exactly once.
public sealed interface ExecEvent {
    /// The program runs.
    ///
    /// @param pid in the guest
    record Started(int pid) implements ExecEvent {}

    /// A piece of standard output.
    record Stdout(ByteString data) implements ExecEvent {}

    /// A piece of standard error.
    record Stderr(ByteString data) implements ExecEvent {}

    /// Nothing happened during the wait.
    record Idle() implements ExecEvent {}

    /// Nothing comes after it.
    sealed interface Last extends ExecEvent {}

    /// The program ended.
    ///
    /// @param exitCode 128 + n when signal n ended it, 127 when there is no such program
    /// @param error what the guest says about it, often empty
    record Exited(int exitCode, String error) implements Last {}

    /// The time limit passed and the process group was killed.
    record TimedOut(Duration limit) implements Last {}

    /// The guest did not accept the command, for example for its working directory.
    record Rejected(String reason) implements Last {}

    /// The guest does not answer any more.
    record Unreachable(String reason) implements Last {}
}
