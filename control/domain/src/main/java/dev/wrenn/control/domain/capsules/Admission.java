package dev.wrenn.control.domain.capsules;

import dev.wrenn.control.domain.teams.Amounts;

/// Whether a team had room for a capsule that is made or goes on.
public sealed interface Admission {
    /// @param capsule as stored
    record In(CapsuleRow capsule) implements Admission {}

    /// Nothing was stored: the team would have too much.
    record Full(Amounts.Excess excess) implements Admission {}

    /// Nothing was stored: the host has no room, or takes no more.
    record NoRoom() implements Admission {}

    /// Nothing was stored: the team is gone, or another writer moved first.
    record Lost() implements Admission {}
}
