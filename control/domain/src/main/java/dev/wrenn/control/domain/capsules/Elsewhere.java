package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.Placement;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/// Lets paused capsules go on on another host than the one that is silent, or set aside. Nothing of
/// the capsule runs there: only control planes let it go on, and only where its row says. What that
/// host has is then of another host's capsule, and is destroyed there when it can be reached.
/// Thread-safe.
public final class Elsewhere {
    private static final Duration CLEAR = Duration.ofSeconds(5);

    private final HostDirectory hosts;
    private final Placer placer;
    private final Transitions transitions;
    private final Carrier carrier;

    public Elsewhere(
            CapsuleStore store,
            HostDirectory hosts,
            Placement placement,
            PlacementStore facts,
            Transitions transitions,
            Carrier carrier) {
        this.hosts = hosts;
        this.placer = new Placer(store, hosts, placement, facts, carrier);
        this.transitions = transitions;
        this.carrier = carrier;
    }

    /// Whether the host of a capsule is set aside.
    boolean setAside(CapsuleRow row) {
        return hosts.view(row.host()).map(view -> view.host().draining()).orElse(false);
    }

    private boolean silent(CapsuleRow row) {
        return !hosts.view(row.host()).map(HostView::reachable).orElse(true);
    }

    /// Begins the resume of a paused capsule on another host.
    ///
    /// @return empty when it must go on where it is: its host is neither set aside nor silent for
    ///   long enough, there is no copy of its image, or no other host has room
    Optional<Admission> resume(CapsuleRow row, Actor by, Amounts quota) {
        if (!silent(row) && !setAside(row)) return Optional.empty();
        if (!carrier.has(row.id())) return Optional.empty();
        var wanted = new Placer.Wanted(row.team(), Optional.empty(), row.spec(), Set.of());
        return placer.place(
                wanted,
                Optional.of(row.host()),
                (host, capacity) -> {
                    if (!cleared(row, host)) return Optional.empty();
                    return Optional.of(transitions.resumeOn(row, host, capacity, by, quota))
                            .filter(a -> !(a instanceof Admission.NoRoom));
                });
    }

    /// What the host still has of an earlier stay must not go on instead of the newer image.
    private boolean cleared(CapsuleRow row, HostId host) {
        var client = hosts.client(host);
        if (client.isEmpty()) return false;
        return switch (client.get().destroy(row.id(), row.incarnation(), CLEAR)) {
            case HostAnswer.Done<HostAnswer.Nothing> _ -> true;
            case HostAnswer.Refused<HostAnswer.Nothing>(var fault, _) ->
                    fault == HostFault.NOT_FOUND;
        };
    }
}
