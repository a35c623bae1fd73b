package dev.wrenn.control.store;

import dev.wrenn.control.domain.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/// Single rows that are asked for while others are being read, read together: the more there are,
/// the less each costs, on the way and in the database. Whoever asks alone waits for nobody. A read
/// begins after it was asked for, so nobody hears what was true before. One read is under way at a
/// time, and a second one only while the first is late. Thread-safe.
///
/// @param <K> what rows are found by
final class Gathered<K, V> {
    /// A connection that hangs does not keep those that come after it for as long as it does.
    private static final Duration LATE = Duration.ofMillis(50);

    private static final int MOST = 128;

    private final Function<Set<K>, Map<K, V>> read;
    private final ConcurrentLinkedQueue<Asked<K, V>> queue = new ConcurrentLinkedQueue<>();
    private final long lateNanos;
    private final AtomicBoolean reading = new AtomicBoolean();
    private final AtomicBoolean readingMore = new AtomicBoolean();
    private volatile long began; // the read under way, as System.nanoTime() has it

    private record Asked<K, V>(K key, CompletableFuture<Optional<V>> answer) {}

    /// @param read those of the keys that there are, in one statement
    Gathered(Function<Set<K>, Map<K, V>> read) {
        this(read, LATE);
    }

    /// @param late how long a read takes before another one is begun beside it
    Gathered(Function<Set<K>, Map<K, V>> read, Duration late) {
        this.read = read;
        this.lateNanos = late.toNanos();
    }

    /// @return empty when there is no such row
    /// @throws StoreUnavailableException also when the caller is interrupted
    Optional<V> get(K key) {
        var mine = new Asked<K, V>(key, new CompletableFuture<>());
        queue.add(mine);
        send();
        try {
            return mine.answer.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException known) throw known;
            throw new StoreException("read failed", e);
        }
    }

    /// How many have asked for what nobody reads yet.
    int waiting() {
        return queue.size();
    }

    private void send() {
        if (queue.isEmpty()) return;
        if (reading.compareAndSet(false, true)) {
            began = System.nanoTime();
            start(reading);
        } else if (System.nanoTime() - began >= lateNanos
                && readingMore.compareAndSet(false, true)) {
            start(readingMore);
        }
    }

    // Not by the caller: an interrupt is meant for one, not for all whose rows it would be reading.
    private void start(AtomicBoolean way) {
        Thread.ofVirtual().name("gathered").start(() -> readSome(way));
    }

    private void readSome(AtomicBoolean way) {
        var some = new ArrayList<Asked<K, V>>();
        for (Asked<K, V> next; some.size() < MOST && (next = queue.poll()) != null; )
            some.add(next);
        try {
            if (!some.isEmpty()) answer(some);
        } finally {
            way.set(false);
            send(); // those that found no way free
        }
    }

    private void answer(List<Asked<K, V>> some) {
        var keys = new HashSet<K>();
        for (var asked : some) keys.add(asked.key);
        try {
            var rows = read.apply(keys);
            for (var asked : some) asked.answer.complete(Optional.ofNullable(rows.get(asked.key)));
        } catch (Throwable e) {
            for (var asked : some) asked.answer.completeExceptionally(e);
            if (e instanceof Error error) throw error;
        }
    }
}
