package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Pausing capsules and letting them go on. What was begun does not depend on the caller staying.
/// Calls block and are meant for virtual threads. Thread-safe.
public final class Pauses {
    /// Clients give up a resume after 5 s.
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration PROBE = Duration.ofSeconds(2);

    private final CapsuleStore store;
    private final HostDirectory hosts;
    private final Transitions transitions;
    private final Orders orders;
    private final Elsewhere elsewhere;
    private final Amounts quota;

    /// @param elsewhere where capsules go on whose hosts are gone
    /// @param quota what a team may have for which nothing else was said
    public Pauses(
            CapsuleStore store,
            HostDirectory hosts,
            Transitions transitions,
            Orders orders,
            Elsewhere elsewhere,
            Amounts quota) {
        this.store = store;
        this.hosts = hosts;
        this.transitions = transitions;
        this.orders = orders;
        this.elsewhere = elsewhere;
        this.quota = quota;
    }

    /// Saves a running capsule; returns when it is saved or cannot be, after 5 min at most.
    public Outcomes.Change pause(TeamId team, CapsuleId id, Actor by) throws InterruptedException {
        var row = store.find(team, id);
        if (row.isEmpty()) return new Outcomes.Change.NotFound();
        var begun = transitions.begin(row.get(), new CapsuleEvent.PauseAsked(), by);
        if (begun.isEmpty()) return lost(id);
        try {
            return outcome(orders.first(begun.get()).get(), CapsuleState.Paused.class);
        } catch (ExecutionException e) {
            throw new IllegalStateException("pause of " + id + " broke", e.getCause());
        }
    }

    /// Lets a paused capsule go on; answers after 4 s at most, then it goes on starting. One whose
    /// host is silent or set aside goes on on another, when a copy of its image is kept.
    public Outcomes.Change resume(TeamId team, CapsuleId id, Actor by) throws InterruptedException {
        var row = store.find(team, id);
        if (row.isEmpty()) return new Outcomes.Change.NotFound();
        if (!(row.get().state() instanceof CapsuleState.Paused)) return lost(id);
        if (elsewhere.setAside(row.get())) {
            var moved = elsewhere.resume(row.get(), by, quota);
            if (moved.isPresent()) return begun(id, moved.get());
        }
        var known = probe(row.get());
        if (known.isEmpty()) return begun(id, transitions.resume(row.get(), by, quota));
        if (!(known.get() instanceof Outcomes.Change.Failed)) return known.get();
        var moved = elsewhere.resume(row.get(), by, quota);
        return moved.isPresent() ? begun(id, moved.get()) : known.get();
    }

    private Outcomes.Change begun(CapsuleId id, Admission admission) throws InterruptedException {
        return switch (admission) {
            case Admission.In(var begun) -> starting(begun);
            case Admission.Full(var excess) -> new Outcomes.Change.TeamFull(excess);
            case Admission.Lost _, Admission.NoRoom _ -> lost(id);
        };
    }

    private Outcomes.Change starting(CapsuleRow begun) throws InterruptedException {
        try {
            var result = orders.first(begun).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return outcome(result, CapsuleState.Running.class);
        } catch (TimeoutException e) {
            return new Outcomes.Change.Done(begun);
        } catch (ExecutionException e) {
            throw new IllegalStateException("resume of " + begun.id() + " broke", e.getCause());
        }
    }

    /// Asks the host before anything is stored: when it cannot be reached nothing has changed, and
    /// when an earlier resume got through after all, nothing has to.
    private Optional<Outcomes.Change> probe(CapsuleRow row) {
        var client = hosts.client(row.host());
        if (client.isEmpty()) return unreachable("the host is not registered");
        return switch (client.get().find(row.id(), PROBE)) {
            case HostAnswer.Done(var said)
                    when said.incarnation() == row.incarnation()
                            && said.status() == HostCapsule.Status.RUNNING ->
                    transitions
                            .applyTo(row, new CapsuleEvent.Booted(), said)
                            .map(Outcomes.Change.Done::new);
            case HostAnswer.Refused(var fault, var detail)
                    when fault.unreached() || fault == HostFault.TIMEOUT ->
                    unreachable(detail);
            case HostAnswer.Done<HostCapsule> _, HostAnswer.Refused<HostCapsule> _ ->
                    Optional.empty();
        };
    }

    private static Optional<Outcomes.Change> unreachable(String detail) {
        return Optional.of(new Outcomes.Change.Failed(HostFault.UNREACHABLE, detail));
    }

    private static Outcomes.Change outcome(
            Orders.Result result, Class<? extends CapsuleState> wanted) {
        return switch (result) {
            case Orders.Result.Done(var row) ->
                    wanted.isInstance(row.state())
                            ? new Outcomes.Change.Done(row)
                            : new Outcomes.Change.WrongState(row.state());
            case Orders.Result.Failed(_, var fault, var detail) ->
                    new Outcomes.Change.Failed(fault, detail);
            case Orders.Result.Open(var fault, var detail) ->
                    new Outcomes.Change.Failed(fault, detail);
            case Orders.Result.Ended(var row) -> new Outcomes.Change.WrongState(row.state());
        };
    }

    /// The state now, for who may not change it.
    private Outcomes.Change lost(CapsuleId id) {
        return store.find(id)
                .<Outcomes.Change>map(row -> new Outcomes.Change.WrongState(row.state()))
                .orElseGet(Outcomes.Change.NotFound::new);
    }
}
