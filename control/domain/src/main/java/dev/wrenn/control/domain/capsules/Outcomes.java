package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.ExecResult;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;

/// How calls that concern an existing capsule end.
public final class Outcomes {
    private Outcomes() {}

    /// Whether a capsule can be worked with.
    public sealed interface Ready {
        record Yes(CapsuleRow capsule) implements Ready {}

        /// Unknown, or another team's.
        record NotFound() implements Ready {}

        /// Also after a short wait.
        record No(CapsuleState state) implements Ready {}
    }

    /// The end of an exec.
    public sealed interface Exec {
        record Ran(ExecResult result, Duration took) implements Exec {}

        /// The program was killed at its time limit.
        record TimedOut(Duration limit) implements Exec {}

        record Failed(HostFault fault, String detail) implements Exec {}
    }

    /// The end of a pause, or of a resume as far as the caller waited.
    public sealed interface Change {
        /// Paused; or running, or still starting after the time budget.
        record Done(CapsuleRow capsule) implements Change {}

        record NotFound() implements Change {}

        /// Not in the state for it, or somebody else's call is under way.
        record WrongState(CapsuleState state) implements Change {}

        /// Still paused: the team would have more than it may.
        record TeamFull(Amounts.Excess excess) implements Change {}

        /// The capsule is what it was before, unless its row says otherwise.
        record Failed(HostFault fault, String detail) implements Change {}
    }

    /// The end of a ping.
    public sealed interface Ping {
        record Done() implements Ping {}

        record NotFound() implements Ping {}

        record NotRunning(CapsuleState state) implements Ping {}

        record Failed(HostFault fault, String detail) implements Ping {}
    }
}
