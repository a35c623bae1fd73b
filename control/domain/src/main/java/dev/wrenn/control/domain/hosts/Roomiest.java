package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/// The best of some hosts taken at random: many that place at once do not all run for the same one,
/// and a fleet of any size costs the same. When none of these has room, all are looked at. The best
/// is the one whose scarcest of memory, processors and disk is the least scarce.
public final class Roomiest implements Placement {
    /// How many are compared.
    static final int SOME = 8;

    private final PlacementStore store;
    private final RandomGenerator random;

    /// @param random need not be fit for secrets; thread-safe
    public Roomiest(PlacementStore store, RandomGenerator random) {
        this.store = store;
        this.random = random;
    }

    @Override
    public List<HostView> order(List<HostView> hosts, CapsuleSpec spec) {
        if (hosts.size() > SOME) {
            var mixed = new ArrayList<>(hosts);
            for (int i = 0; i < SOME; i++)
                Collections.swap(mixed, i, i + random.nextInt(mixed.size() - i));
            var some = best(mixed.subList(0, SOME), spec);
            if (!some.isEmpty()) return some;
        }
        return best(hosts, spec);
    }

    private List<HostView> best(List<HostView> hosts, CapsuleSpec spec) {
        var ids = hosts.stream().map(view -> view.host().id()).toList();
        var reserved = store.reserved(ids);
        var scores = new HashMap<HostView, Double>();
        for (var view : hosts) score(view, spec, reserved, scores);
        var order = new ArrayList<>(scores.keySet());
        order.sort(
                Comparator.<HostView>comparingDouble(scores::get)
                        .reversed()
                        .thenComparing(view -> view.host().id().value()));
        return order;
    }

    /// Leaves out what has no room.
    private static void score(
            HostView view,
            CapsuleSpec spec,
            Map<dev.wrenn.common.model.HostId, Reserved> reserved,
            Map<HostView, Double> scores) {
        var promised = reserved.get(view.host().id());
        var report = view.report();
        if (promised == null || report.isEmpty()) return;
        var capacity = report.get().capacity();
        if (!capacity.fits(promised, spec)) return;
        double memory = 1 - (double) promised.memoryMb() / capacity.memory().mib();
        double cpus = 1 - (double) promised.vcpus() / capacity.vcpus();
        // Disks are thin: what is promised shrinks what is free, but need not be used.
        double free = report.get().diskFree().mib();
        double disk = free / (free + promised.diskMb() + 1);
        scores.put(view, Math.min(memory, Math.min(cpus, disk)));
    }
}
