package dev.wrenn.control.domain.usage;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What capsules took before they stopped. Rows tell by themselves, by triggers of the capsules,
/// when there is something to be fetched from a host.
public interface MetricStore {
    /// How long it is kept of capsules that have ended.
    Duration KEPT = Duration.ofDays(7);

    /// A capsule that stopped: its host has what is not kept yet.
    ///
    /// @param since which stop is meant; a later one is another
    record Due(CapsuleId id, HostId host, Instant since) {}

    /// What is kept of one capsule.
    ///
    /// @param complete whether all of it was fetched
    record Kept(MetricTiers tiers, boolean complete) {}

    /// @return empty for one that never stopped, or ended long ago
    Optional<Kept> find(CapsuleId id);

    /// Those on these hosts that are to be fetched, the longest waiting first.
    List<Due> due(Collection<HostId> hosts, int limit);

    /// Keeps what was fetched of this stop, behind what was kept before.
    void keep(Due due, MetricTiers tiers);

    /// Tries this one again after half a minute.
    void later(Due due);

    /// Removes what is kept of capsules that have ended before this time, and of teams that are
    /// gone.
    void forget(Instant before);
}
