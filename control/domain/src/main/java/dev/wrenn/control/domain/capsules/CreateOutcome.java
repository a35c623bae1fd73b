package dev.wrenn.control.domain.capsules;

import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.teams.Amounts;
import java.util.Optional;

/// How a create ended, as far as the caller waited.
public sealed interface CreateOutcome {
    /// Running, or still pending after the time budget.
    record Created(CapsuleRow capsule) implements CreateOutcome {}

    record UnknownTemplate(String name) implements CreateOutcome {}

    /// @param message names the field and its bounds
    record OutOfBounds(String message) implements CreateOutcome {}

    /// The team would have more than it may.
    record TeamFull(Amounts.Excess excess) implements CreateOutcome {}

    /// The team was deleted this moment.
    record TeamGone() implements CreateOutcome {}

    /// Nowhere to place it; nothing was stored.
    ///
    /// @param why the hosts that it could be on take none, in words; empty when they are only full
    record NoHost(Optional<String> why) implements CreateOutcome {}

    /// The host could not boot it; the row is in status error.
    record Failed(CapsuleRow capsule, HostFault fault, String detail) implements CreateOutcome {}

    /// Somebody destroyed it meanwhile.
    record Gone(CapsuleRow capsule) implements CreateOutcome {}
}
