package dev.wrenn.control.hostlink;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostEvents;
import java.time.Instant;
import java.util.List;

/// Takes what hosts report and does nothing with it.
record FakeEvents() implements HostEvents {
    @Override
    public Instant beforeAsking() {
        return Instant.now();
    }

    @Override
    public void snapshot(HostId host, Instant asked, List<HostCapsule> capsules) {}

    @Override
    public void changed(HostId host, HostCapsule capsule) {}

    @Override
    public void removed(HostId host, CapsuleId capsule, long incarnation) {}

    @Override
    public void denied(
            HostId host, CapsuleId capsule, long incarnation, long packets, List<String> flows) {}
}
