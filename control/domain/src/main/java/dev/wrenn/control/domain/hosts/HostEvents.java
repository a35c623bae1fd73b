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

    /// The host is heard again, after it was not: said before anything of what it says.
    void back(HostId host);

    /// Everything the host has.
    ///
    /// @param asked from [#beforeAsking()], before the host was asked
    /// @param sum of the list, [ListSum#NONE] when the host did not say it
    void snapshot(HostId host, Instant asked, List<HostCapsule> capsules, ListSum sum);

    /// The sum of the last list, when nothing is to be done should the host say the same again.
    /// Else [ListSum#NONE].
    ListSum settled(HostId host);

    /// There is no link to the host any more; should there be one again, it begins with a list.
    void gone(HostId host);

    void changed(HostId host, HostCapsule capsule);

    void removed(HostId host, CapsuleId capsule, long incarnation);

    /// The capsule tried to go where it may not.
    ///
    /// @param packets refused since that was told last
    /// @param flows samples: `tcp 10.0.0.1 22`
    void denied(HostId host, CapsuleId capsule, long incarnation, long packets, List<String> flows);
}
