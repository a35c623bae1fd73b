package dev.wrenn.control.domain.ports;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.control.domain.Remembered;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/// Remembers the rows of capsules whose ports are used. What this replica changes is forgotten
/// before the change has any effect, what others change with their notice. Thread-safe.
public final class PortCache implements PortStore {
    private final PortStore store;
    private final Remembered<PortRow> rows;
    private final List<Consumer<CapsuleId>> listeners = new CopyOnWriteArrayList<>();

    /// @param nanos a clock, as [System#nanoTime()]
    public PortCache(PortStore store, LongSupplier nanos) {
        this.store = store;
        this.rows = new Remembered<>(nanos);
    }

    /// Tells what has changed. Listeners neither block nor throw.
    public void onChange(Consumer<CapsuleId> listener) {
        listeners.add(listener);
    }

    /// What is remembered; never asks the store.
    public Optional<PortRow> remembered(CapsuleId id) {
        return rows.get(id);
    }

    @Override
    public Optional<PortRow> find(CapsuleId id) {
        var before = rows.get(id);
        return before.isPresent() ? before : rows.read(id, () -> store.find(id));
    }

    @Override
    public Optional<PortRow> configure(CapsuleId id, PortSettings settings) {
        var row = store.configure(id, settings);
        changed(id);
        return row;
    }

    /// Looks again when it is asked for next.
    public void forget(CapsuleId id) {
        rows.forget(id);
    }

    /// The row of a capsule is another one now.
    public void changed(CapsuleId id) {
        rows.forget(id);
        for (var listener : listeners) listener.accept(id);
    }

    /// Whether changes made by others are heard of from now on.
    public void hears(boolean now) {
        rows.hears(now);
    }
}
