package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import java.util.Collection;
import java.util.Map;

/// What placing needs to know. Thread-safe.
public interface PlacementStore {
    /// What these hosts have promised; those that are gone are left out.
    Map<HostId, Reserved> reserved(Collection<HostId> hosts);

    /// Whether a team's capsules go to its own hosts and nowhere else.
    boolean bringsHosts(TeamId team);
}
