package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// One after the other.
public final class RoundRobin implements Placement {
    private static final Comparator<HostView> BY_ID =
            Comparator.comparing(view -> view.host().id().value());

    private final AtomicInteger next = new AtomicInteger();

    @Override
    public List<HostView> order(List<HostView> hosts, CapsuleSpec spec) {
        if (hosts.isEmpty()) return hosts;
        var all = new ArrayList<>(hosts);
        all.sort(BY_ID);
        Collections.rotate(all, -Math.floorMod(next.getAndIncrement(), all.size()));
        return all;
    }
}
