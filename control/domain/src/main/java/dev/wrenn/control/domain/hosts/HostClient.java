package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import java.time.Duration;
import java.util.List;

/// One host agent. Calls block and are meant for virtual threads; thread-safe. Calls that change a
/// capsule can be repeated: the host knows them by capsule and incarnation.
public interface HostClient {
    /// Boots a capsule, or returns the one which this id and incarnation already has; it may still
    /// be booting.
    HostAnswer<HostCapsule> create(BootOrder order, Duration limit);

    /// Ends a capsule and makes the host forget it. [HostFault#NOT_FOUND] when it has.
    HostAnswer<Nothing> destroy(CapsuleId id, Duration limit);

    HostAnswer<HostCapsule> find(CapsuleId id, Duration limit);

    /// Every capsule the host has a record of.
    HostAnswer<List<HostCapsule>> list(Duration limit);

    /// Resets the idle timer. [HostFault#CONFLICT] unless running.
    HostAnswer<Nothing> ping(CapsuleId id, Duration limit);

    /// Runs a program to its end, within the command's own limit plus a little for the way.
    HostAnswer<ExecResult> exec(CapsuleId id, Command command);

    /// Starts a program and streams what it does. Failures arrive as [ExecEvent.Broken].
    ExecSession stream(CapsuleId id, Command command);

    /// What the host has and has promised.
    HostAnswer<HostReport> report(Duration limit);
}
