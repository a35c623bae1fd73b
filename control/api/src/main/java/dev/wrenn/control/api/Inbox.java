package dev.wrenn.control.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Messages of a client that are not handled yet, in order. Bounded by their size: whoever puts one
/// in waits for room, and holds up the socket by that. Thread-safe.
final class Inbox {
    /// Characters; one message may be as long and passes alone.
    static final int LIMIT = 1 << 20;

    private record Entry(Fields message, int size) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();

    @GuardedBy("lock")
    private int size;

    @GuardedBy("lock")
    private int waiting;

    @GuardedBy("lock")
    private boolean closed;

    /// @param weight of the message, in characters
    /// @return false when there was no room for that long; a closed inbox takes and forgets
    boolean put(Fields message, int weight, Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (!closed && !entries.isEmpty() && size + weight > LIMIT) {
                if (left <= 0) return false;
                waiting++;
                left = changed.awaitNanos(left);
                waiting--;
            }
            if (closed) return true;
            entries.add(new Entry(message, weight));
            size += weight;
            changed.signalAll();
            return true;
        } finally {
            lock.unlock();
        }
    }

    /// @return null when nothing came for that long, or nothing will come any more
    @Nullable Fields poll(Duration patience) throws InterruptedException {
        long left = patience.toNanos();
        lock.lock();
        try {
            while (entries.isEmpty() && !closed && left > 0) left = changed.awaitNanos(left);
            return remove();
        } finally {
            lock.unlock();
        }
    }

    /// @return null when nothing will come any more
    @Nullable Fields take() throws InterruptedException {
        lock.lock();
        try {
            while (entries.isEmpty() && !closed) changed.await();
            return remove();
        } finally {
            lock.unlock();
        }
    }

    /// The next message, if there is one now and it is wanted.
    @Nullable Fields next(Predicate<Fields> wanted) {
        lock.lock();
        try {
            var first = entries.peek();
            return first != null && wanted.test(first.message()) ? remove() : null;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private @Nullable Fields remove() {
        var entry = entries.poll();
        if (entry == null) return null;
        size -= entry.size();
        changed.signalAll();
        return entry.message();
    }

    /// Whether somebody waits for room.
    boolean isFull() {
        lock.lock();
        try {
            return waiting > 0;
        } finally {
            lock.unlock();
        }
    }

    /// Nothing more comes in; what is in can still be taken.
    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
