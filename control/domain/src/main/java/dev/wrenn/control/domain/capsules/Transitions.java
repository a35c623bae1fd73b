package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.IllegalTransition;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.teams.Amounts;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The only writer of a capsule's state: decides by the status table and stores with
/// compare-and-set. Who loses a race reloads and decides again. Thread-safe.
public final class Transitions {
    private static final Logger LOG = LoggerFactory.getLogger(Transitions.class);

    private final CapsuleStore store;
    private final CapsuleEvents events;
    private final Changes changes = new Changes();
    private final List<Consumer<CapsuleId>> listeners = new CopyOnWriteArrayList<>();

    public Transitions(CapsuleStore store, CapsuleEvents events) {
        this.store = store;
        this.events = events;
    }

    /// Tells of each change once it is stored, before anything is done about it. Listeners neither
    /// block nor throw.
    public void onChange(Consumer<CapsuleId> listener) {
        listeners.add(listener);
    }

    Changes changes() {
        return changes;
    }

    /// Tells of a row that was just stored for the first time.
    void announce(CapsuleRow row) {
        events.changed(row);
    }

    /// Applies an event of this incarnation. Events of an earlier life, and those that come too
    /// late for the state, change nothing: above all that it runs, said before it was paused.
    ///
    /// @param said what the host told with it
    /// @return the row afterwards; empty when there is no such capsule
    public Optional<CapsuleRow> apply(
            CapsuleId id, long incarnation, CapsuleEvent event, @Nullable HostCapsule said) {
        while (true) {
            var seen = store.find(id);
            if (seen.isEmpty()) return seen;
            if (seen.get().incarnation() != incarnation) return seen;
            if (event instanceof CapsuleEvent.Booted
                    && seen.get().state() instanceof CapsuleState.Paused) return seen;
            var stored = applyTo(seen.get(), event, said);
            if (stored.isPresent()) return stored;
        }
    }

    /// Applies an event to exactly the row that was seen.
    ///
    /// @return the row afterwards; empty when another writer moved first
    public Optional<CapsuleRow> applyTo(
            CapsuleRow seen, CapsuleEvent event, @Nullable HostCapsule said) {
        return applyTo(seen, event, said, Actor.SYSTEM);
    }

    private Optional<CapsuleRow> applyTo(
            CapsuleRow seen, CapsuleEvent event, @Nullable HostCapsule said, Actor by) {
        if (seen.state().isFinal()) return Optional.of(seen);
        CapsuleState next;
        try {
            next = CapsuleState.next(seen.state(), event);
        } catch (IllegalTransition e) {
            LOG.atInfo().addKeyValue("capsule", seen.id()).log("event dropped: {}", e.getMessage());
            return Optional.of(seen);
        }
        if (next.equals(seen.state())) return Optional.of(seen);
        var facts = said == null ? seen.facts() : seen.facts().with(said);
        return store(seen, event, next, facts, seen.askedBy(), by);
    }

    /// Begins what a caller asked for, from exactly the row that was seen: of two callers one wins.
    ///
    /// @param by who asks: told to the audit trail when it is done
    /// @return the row with its intent; empty when the state does not allow it or somebody else
    ///   moved first
    Optional<CapsuleRow> begin(CapsuleRow seen, CapsuleEvent intent, Actor by) {
        try {
            var next = CapsuleState.next(seen.state(), intent);
            return store(seen, intent, next, seen.facts(), by, by);
        } catch (IllegalTransition e) {
            return Optional.empty();
        }
    }

    /// Begins the resume that a caller asked for, from exactly the row that was seen. It begins a
    /// new incarnation, so that what the host says of the old one is dropped.
    ///
    /// @param by who asks: told to the audit trail when it is done
    /// @param quota what a team may have for which nothing else was said
    Admission resume(CapsuleRow seen, Actor by, Amounts quota) {
        return resume(seen, by, step -> store.resume(seen, step, quota));
    }

    /// The same on another host, where there is a copy of the capsule's image.
    ///
    /// @param capacity of that host
    Admission resumeOn(CapsuleRow seen, HostId host, Capacity capacity, Actor by, Amounts quota) {
        return resume(seen, by, step -> store.resumeOn(seen, step, host, capacity, quota));
    }

    private Admission resume(CapsuleRow seen, Actor by, Function<Step, Admission> how) {
        CapsuleState next;
        try {
            next = CapsuleState.next(seen.state(), new CapsuleEvent.ResumeAsked());
        } catch (IllegalTransition e) {
            return new Admission.Lost();
        }
        var step = new Step(next, seen.incarnation() + 1, seen.facts(), by, Optional.empty());
        var admission = how.apply(step);
        if (admission instanceof Admission.In(var row)) tell(seen, row);
        return admission;
    }

    /// Ends the capsule in whatever state and incarnation it is.
    ///
    /// @return the row afterwards; empty when there is no such capsule
    Optional<CapsuleRow> end(CapsuleId id, String cause, Actor by) {
        while (true) {
            var seen = store.find(id);
            if (seen.isEmpty() || seen.get().state().isFinal()) return seen;
            var stored = applyTo(seen.get(), new CapsuleEvent.Destroyed(cause), null, by);
            if (stored.isPresent()) return stored;
        }
    }

    private Optional<CapsuleRow> store(
            CapsuleRow seen,
            CapsuleEvent event,
            CapsuleState next,
            Facts facts,
            Actor askedBy,
            Actor by) {
        long incarnation =
                next instanceof CapsuleState.Starting ? seen.incarnation() + 1 : seen.incarnation();
        var entry = CapsuleAudit.of(seen, event, next, facts, by);
        var stored = store.advance(seen, new Step(next, incarnation, facts, askedBy, entry));
        stored.ifPresent(row -> tell(seen, row));
        return stored;
    }

    private void tell(CapsuleRow before, CapsuleRow row) {
        LOG.atInfo()
                .addKeyValue("capsule", row.id())
                .addKeyValue("team", row.team())
                .addKeyValue("host", row.host())
                .addKeyValue("from", before.state().word())
                .addKeyValue("to", row.state().word())
                .addKeyValue("cause", row.state().endCause().orElse(""))
                .log("capsule {}", row.state().word());
        for (var listener : listeners) listener.accept(row.id());
        changes.signal(row.id());
        if (before.status() != row.status()) events.changed(row);
    }
}
