package dev.wrenn.host.guest;

import java.util.List;

/// What became of a request for the processes of a guest.
public sealed interface ListOutcome {
    record Found(List<GuestProcess> processes) implements ListOutcome {}

    /// The guest does not answer.
    record Unreachable(String reason) implements ListOutcome {}
}
