package dev.wrenn.control.domain;

import dev.wrenn.common.model.CapsuleId;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/// What was read of capsules, so that not every request asks the database. It is forgotten when it
/// changes, and after two seconds, should nobody have said so. While changes are not heard of
/// nothing is remembered. Thread-safe.
///
/// @param <V> what is read
public final class Remembered<V> {
    private static final Duration LONGEST = Duration.ofSeconds(2);
    private static final int MOST = 10_000;

    private final LongSupplier nanos;
    private final ConcurrentHashMap<CapsuleId, Known<V>> known = new ConcurrentHashMap<>();
    private final AtomicLong changes = new AtomicLong();
    private volatile boolean hears;

    private record Known<V>(V value, long since) {}

    /// @param nanos a clock, as [System#nanoTime()]
    public Remembered(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /// What is remembered; reads nothing.
    public Optional<V> get(CapsuleId id) {
        var it = known.get(id);
        return it == null || nanos.getAsLong() - it.since > LONGEST.toNanos()
                ? Optional.empty()
                : Optional.of(it.value);
    }

    /// Reads it, and remembers it.
    public Optional<V> read(CapsuleId id, Supplier<Optional<V>> from) {
        long seen = changes.get();
        long since = nanos.getAsLong();
        var value = from.get();
        if (value.isPresent() && hears) remember(id, new Known<>(value.get(), since), seen);
        return value;
    }

    // What was read before a change must not be put back after it.
    private void remember(CapsuleId id, Known<V> read, long seen) {
        if (known.size() >= MOST) known.clear();
        known.compute(id, (_, before) -> changes.get() == seen ? read : before);
    }

    /// It has changed.
    public void forget(CapsuleId id) {
        changes.incrementAndGet();
        known.remove(id);
    }

    /// Whether changes made by others are heard of from now on. What was missed is forgotten.
    public void hears(boolean now) {
        hears = now;
        changes.incrementAndGet();
        known.clear();
    }
}
