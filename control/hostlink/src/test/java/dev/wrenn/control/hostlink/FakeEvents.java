package dev.wrenn.control.hostlink;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostEvents;
import dev.wrenn.control.domain.hosts.ListSum;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Takes what hosts report and does nothing with it.
final class FakeEvents implements HostEvents {
    final Queue<HostId> gone = new ConcurrentLinkedQueue<>();

    @Override
    public Instant beforeAsking() {
        return Instant.now();
    }

    @Override
    public void back(HostId host) {}

    @Override
    public void snapshot(HostId host, Instant asked, List<HostCapsule> capsules, ListSum sum) {}

    @Override
    public ListSum settled(HostId host) {
        return ListSum.NONE;
    }

    @Override
    public void gone(HostId host) {
        gone.add(host);
    }

    @Override
    public void changed(HostId host, HostCapsule capsule) {}

    @Override
    public void removed(HostId host, CapsuleId capsule, long incarnation) {}

    @Override
    public void denied(
            HostId host, CapsuleId capsule, long incarnation, long packets, List<String> flows) {}
}
