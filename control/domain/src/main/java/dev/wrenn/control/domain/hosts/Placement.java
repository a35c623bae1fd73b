package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import java.util.Collection;
import java.util.Optional;

/// Chooses the host of a new capsule. The host has the last word: it refuses what does not fit.
public interface Placement {
    /// @return empty when no host can take it
    Optional<HostId> pick(Collection<HostView> hosts, CapsuleSpec spec);
}
