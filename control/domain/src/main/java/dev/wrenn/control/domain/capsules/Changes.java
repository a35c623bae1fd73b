package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Wakes those who wait for a capsule to change in this process. Changes made by another replica
/// are not seen here: waiters look again after a while by themselves. Thread-safe.
final class Changes {
    private final ConcurrentHashMap<CapsuleId, Set<Watch>> watches = new ConcurrentHashMap<>();

    /// One waiter; closed by the thread that opened it.
    final class Watch implements AutoCloseable {
        private final CapsuleId id;
        private final Semaphore signals = new Semaphore(0);

        private Watch(CapsuleId id) {
            this.id = id;
        }

        /// Returns at the first change since the last call, or after `limit`.
        void await(Duration limit) throws InterruptedException {
            signals.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
            signals.drainPermits();
        }

        @Override
        public void close() {
            watches.computeIfPresent(
                    id,
                    (_, all) -> {
                        all.remove(this);
                        return all.isEmpty() ? null : all;
                    });
        }
    }

    Watch watch(CapsuleId id) {
        var watch = new Watch(id);
        watches.compute(
                id,
                (_, all) -> {
                    var set = all == null ? ConcurrentHashMap.<Watch>newKeySet() : all;
                    set.add(watch);
                    return set;
                });
        return watch;
    }

    void signal(CapsuleId id) {
        watches.computeIfPresent(
                id,
                (_, all) -> {
                    for (var watch : all) watch.signals.release();
                    return all;
                });
    }
}
