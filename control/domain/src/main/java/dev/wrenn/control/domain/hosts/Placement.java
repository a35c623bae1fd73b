package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import java.util.List;

/// In which order the hosts of a new capsule are tried. What is chosen here is only tried: the
/// database reserves, and the host itself has the last word. Thread-safe.
public interface Placement {
    /// @param hosts ready ones which may take it
    /// @return the best first; perhaps not all
    List<HostView> order(List<HostView> hosts, CapsuleSpec spec);
}
