package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import java.time.Instant;
import java.util.List;

/// Takes what a host reports. Called by one thread per host, in order. A call that throws makes the
/// link start again with a full snapshot, so nothing is lost.
public interface HostEvents {
    /// The moment, on the database's clock, from which on a list can be asked for.
    Instant beforeAsking();

    /// Everything the host has.
    ///
    /// @param asked from [#beforeAsking()], before the host was asked
    void snapshot(HostId host, Instant asked, List<HostCapsule> capsules);

    void changed(HostId host, HostCapsule capsule);

    void removed(HostId host, CapsuleId capsule, long incarnation);

    /// The capsule tried to go where it may not.
    ///
    /// @param packets refused since that was told last
    /// @param flows samples: `tcp 10.0.0.1 22`
    void denied(HostId host, CapsuleId capsule, long incarnation, long packets, List<String> flows);
}
