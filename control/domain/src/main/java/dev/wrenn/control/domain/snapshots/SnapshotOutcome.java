package dev.wrenn.control.domain.snapshots;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.Template;

/// How the making of a snapshot ends.
public sealed interface SnapshotOutcome {
    record Done(Template template) implements SnapshotOutcome {}

    /// The capsule is unknown, or another team's.
    record NotFound() implements SnapshotOutcome {}

    /// The capsule is neither running nor paused, or is about to change.
    record WrongState(CapsuleState state) implements SnapshotOutcome {}

    /// The platform has a template of this name.
    record NameReserved(String name) implements SnapshotOutcome {}

    /// The team has a template of this name.
    record NameTaken(String name) implements SnapshotOutcome {}

    /// The team would have more than it may.
    record TeamFull(Amounts.Excess excess) implements SnapshotOutcome {}

    /// The host did not make it; the capsule is what it was.
    record Failed(HostFault fault, String detail) implements SnapshotOutcome {}
}
