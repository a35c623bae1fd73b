package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.Placement;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.templates.Template;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/// Finds the hosts that may take a capsule, and reserves on one of them. Thread-safe.
final class Placer {
    /// Others may be faster at what was best a moment ago.
    private static final int ROUNDS = 3;

    /// Reservations on one host wait for each other in the database, each with a connection that
    /// everybody else then lacks: more than these wait here.
    private static final int AT_ONCE = 4;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final CapsuleStore store;
    private final HostDirectory hosts;
    private final Placement placement;
    private final PlacementStore facts;
    private final Carrier carrier;
    private final Semaphore gate = new Semaphore(AT_ONCE, true);

    Placer(
            CapsuleStore store,
            HostDirectory hosts,
            Placement placement,
            PlacementStore facts,
            Carrier carrier) {
        this.carrier = carrier;
        this.store = store;
        this.hosts = hosts;
        this.placement = placement;
        this.facts = facts;
    }

    /// What is to be placed.
    ///
    /// @param template that the host must have; empty: it needs none
    /// @param tags that the host must have
    record Wanted(TeamId team, Optional<Template> template, CapsuleSpec spec, Set<String> tags) {}

    /// Tries to store the capsule on a host.
    interface Attempt<T> {
        /// @return empty when the host has no room
        Optional<T> on(HostId host, Capacity capacity);
    }

    /// Tries one host after the other until one has room.
    ///
    /// @param not on this one
    /// @return empty when none has
    /// @throws StoreUnavailableException when too many are before it for too long
    <T> Optional<T> place(Wanted wanted, Optional<HostId> not, Attempt<T> attempt) {
        enter();
        try {
            return tryHosts(wanted, not, attempt);
        } finally {
            gate.release();
        }
    }

    private void enter() {
        try {
            if (gate.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) return;
            throw new StoreUnavailableException(
                    new TimeoutException("placements before this one took " + PATIENCE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(e);
        }
    }

    private <T> Optional<T> tryHosts(Wanted wanted, Optional<HostId> not, Attempt<T> attempt) {
        for (int round = 0; round < ROUNDS; round++) {
            var candidates = candidates(wanted, not);
            var order = holdersFirst(placement.order(candidates, wanted.spec()), wanted);
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
        boolean anywhere = wanted.template().map(this::travels).orElse(true);
        return mayTake(wanted)
                .filter(HostView::ready)
                .filter(view -> !Optional.of(view.host().id()).equals(not))
                .filter(view -> anywhere || holds(view, wanted))
                .toList();
    }

    /// Why no host takes anything now: a user whose capsule is refused can do something about a
    /// full disk, or wait for a host that is not reachable.
    ///
    /// @return empty when one of those that may take it is ready, or there are none
    Optional<String> noneReady(Wanted wanted) {
        var all = mayTake(wanted).toList();
        if (all.stream().anyMatch(HostView::ready)) return Optional.empty();
        return all.stream().map(HostView::notReadyReason).findFirst();
    }

    private Stream<HostView> mayTake(Wanted wanted) {
        var own = facts.bringsHosts(wanted.team()) ? Optional.of(wanted.team()) : Optional.empty();
        return hosts.all().stream()
                .filter(view -> !view.host().draining())
                .filter(view -> view.host().team().equals(own))
                .filter(view -> view.host().tags().containsAll(wanted.tags()));
    }

    /// A template that was made on one host can be brought to others when there is a copy.
    private boolean travels(Template template) {
        return template.host().isPresent() && carrier.has(template.id());
    }

    /// Who has the template already makes the capsule sooner.
    private static List<HostView> holdersFirst(List<HostView> order, Wanted wanted) {
        var sorted = new ArrayList<>(order);
        sorted.sort(Comparator.comparing(view -> !holds(view, wanted)));
        return sorted;
    }

    /// The host that made a template may have it since its last report.
    private static boolean holds(HostView view, Wanted wanted) {
        var template = wanted.template();
        return template.isEmpty()
                || view.has(template.get().id())
                || template.get().host().filter(view.host().id()::equals).isPresent();
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
        boolean bound = wanted.template().filter(t -> t.host().isPresent()).isPresent();
        if (bound && !wanted.template().map(this::travels).orElse(false)) return Optional.empty();
        return place(
                wanted,
                Optional.of(refused.host()),
                (host, capacity) -> store.move(refused, host, capacity));
    }
}
