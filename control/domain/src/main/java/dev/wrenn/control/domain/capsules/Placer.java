package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.Placement;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.templates.Template;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Finds the hosts that may take a capsule, and reserves on one of them. Thread-safe.
final class Placer {
    /// Others may be faster at what was best a moment ago.
    private static final int ROUNDS = 3;

    private final CapsuleStore store;
    private final HostDirectory hosts;
    private final Placement placement;
    private final PlacementStore facts;

    Placer(CapsuleStore store, HostDirectory hosts, Placement placement, PlacementStore facts) {
        this.store = store;
        this.hosts = hosts;
        this.placement = placement;
        this.facts = facts;
    }

    /// What is to be placed.
    ///
    /// @param tags that the host must have
    record Wanted(TeamId team, Template template, CapsuleSpec spec, Set<String> tags) {}

    /// Tries to store the capsule on a host.
    interface Attempt<T> {
        /// @return empty when the host has no room
        Optional<T> on(HostId host, Capacity capacity);
    }

    /// Tries one host after the other until one has room.
    ///
    /// @param not on this one
    /// @return empty when none has
    <T> Optional<T> place(Wanted wanted, Optional<HostId> not, Attempt<T> attempt) {
        for (int round = 0; round < ROUNDS; round++) {
            var candidates = candidates(wanted, not);
            var order = placement.order(candidates, wanted.spec());
            if (order.isEmpty()) return Optional.empty();
            for (var view : order) {
                var capacity = view.report().orElseThrow().capacity();
                var done = attempt.on(view.host().id(), capacity);
                if (done.isPresent()) return done;
            }
        }
        return Optional.empty();
    }

    private List<HostView> candidates(Wanted wanted, Optional<HostId> not) {
        var template = wanted.template();
        var own = facts.bringsHosts(wanted.team()) ? Optional.of(wanted.team()) : Optional.empty();
        return hosts.all().stream()
                .filter(HostView::ready)
                .filter(view -> !view.host().draining())
                .filter(view -> view.host().team().equals(own))
                .filter(view -> view.host().tags().containsAll(wanted.tags()))
                .filter(view -> !Optional.of(view.host().id()).equals(not))
                // A snapshot template is on one host only, which may have it since its last report.
                .filter(view ->
                        template.host().isPresent()
                                ? template.host().get().equals(view.host().id())
                                : view.has(template.id()))
                .toList();
    }

    /// Stores a capsule on a host that has room.
    ///
    /// @param draft makes what is stored, for a host
    /// @return empty when no host has
    Optional<Admission> insert(
            Wanted wanted, java.util.function.BiFunction<HostId, Capacity, Admission> draft) {
        return place(
                wanted,
                Optional.empty(),
                (host, capacity) ->
                        Optional.of(draft.apply(host, capacity))
                                .filter(a -> !(a instanceof Admission.NoRoom)));
    }

    /// Moves a capsule that its host refused to another one.
    Optional<CapsuleRow> elsewhere(Wanted wanted, CapsuleRow refused) {
        if (wanted.template().host().isPresent()) return Optional.empty();
        return place(
                wanted,
                Optional.of(refused.host()),
                (host, capacity) -> store.move(refused, host, capacity));
    }
}
