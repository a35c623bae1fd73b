package dev.wrenn.host.guest;

import com.google.protobuf.ByteString;
import java.time.Duration;

/// What became of a program run to its end.
public sealed interface ExecOutcome {
    /// The program ended.
    ///
    /// @param exitCode 128 + n when signal n ended it, 127 when there is no such program
    /// @param truncated a stream was longer than [GuestClient#OUTPUT_LIMIT]; the head is kept
    record Finished(int exitCode, ByteString stdout, ByteString stderr, boolean truncated)
            implements ExecOutcome {}

    /// The time limit passed and the process group was killed.
    record TimedOut(Duration limit) implements ExecOutcome {}

    /// The guest did not accept the command.
    record Rejected(String reason) implements ExecOutcome {}

    /// The guest does not answer.
    record Unreachable(String reason) implements ExecOutcome {}
}
