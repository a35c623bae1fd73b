package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Stored capsules. Each method is one transaction; thread-safe.
public interface CapsuleStore {
    /// Stores a pending capsule, and tells the audit trail in the same transaction, unless the team
    /// would have too much or the host has no room: storing it reserves there. Exact also when many
    /// are stored at once.
    ///
    /// @param normal what a team may have for which nothing else was said
    Admission insert(NewCapsule capsule, Amounts normal);

    /// Moves a paused capsule on its way to running, like [#advance], unless the team would have
    /// too much. Exact also when many are resumed at once.
    ///
    /// @param normal what a team may have for which nothing else was said
    Admission resume(CapsuleRow seen, Step step, Amounts normal);

    /// The same on another host that has room, if a copy of what the capsule goes on with is kept
    /// elsewhere than on its own.
    Admission resumeOn(CapsuleRow seen, Step step, HostId to, Capacity capacity, Amounts normal);

    /// Moves a pending capsule to another host that has room, as a new incarnation: what the one
    /// before says of it is dropped.
    ///
    /// @return empty when the host has no room, or another writer moved first
    Optional<CapsuleRow> move(CapsuleRow seen, HostId to, Capacity capacity);

    Optional<CapsuleRow> find(CapsuleId id);

    /// @return empty also for another team's capsule
    Optional<CapsuleRow> find(TeamId team, CapsuleId id);

    /// The team's capsules that are not final, newest first.
    List<CapsuleRow> alive(TeamId team);

    /// The same, a page of it.
    ///
    /// @param before only what is older than this one of the team's; empty: from the newest on
    List<CapsuleRow> alive(TeamId team, Optional<CapsuleId> before, int limit);

    /// The capsules placed on this host that are not final.
    List<CapsuleRow> aliveOn(HostId host);

    /// What stands for the rows of [#aliveOn] and their versions: another one when a row has come,
    /// gone or changed.
    ///
    /// @param count of the rows
    /// @param sum of what is made of each
    record Mark(long count, long sum) {}

    /// The mark of a host's capsules, for a fraction of what it costs to read them.
    Mark markOf(HostId host);

    /// Those that exist, in no order.
    List<CapsuleRow> byIds(Collection<CapsuleId> ids);

    /// Capsules with an intent (pending, pausing, starting) that has not changed for at least
    /// `age`, oldest first, at most `limit`.
    List<CapsuleRow> unsettled(Duration age, int limit);

    /// Capsules that are not known to be missing on hosts that are unreachable, at most `limit`;
    /// paused ones are not.
    List<CapsuleRow> stranded(int limit);

    /// Moves the capsule to a new state, and tells the audit trail in the same transaction.
    ///
    /// @return the row as stored; empty when another writer moved first: reload and decide again
    Optional<CapsuleRow> advance(CapsuleRow seen, Step step);

    /// Notes activity; earlier moments than the one known are ignored. Not a change of state.
    void touch(CapsuleId id, Instant active);

    /// The database's clock.
    Instant now();
}
