package dev.wrenn.host.capsule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.model.CapsuleId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// Tells watchers about changes, in order and without gaps. A watcher that does not keep up is cut
/// off and must subscribe again; it never holds a capsule up. Thread-safe.
public final class ChangeFeed {
    private static final int QUEUE = 1024; // changes a watcher may lag behind

    // Guards order only: publishing takes no other lock and does no I/O.
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final Map<CapsuleId, CapsuleView> now = new LinkedHashMap<>();

    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

    void publish(CapsuleView view) {
        synchronized (lock) {
            now.put(view.id(), view);
            tell(new Change.Changed(view));
        }
    }

    void remove(CapsuleId id, long incarnation) {
        synchronized (lock) {
            if (now.remove(id) != null) tell(new Change.Removed(id, incarnation));
        }
    }

    /// Something that whoever watches now is told, and nobody later.
    void tell(Change.Denied denied) {
        synchronized (lock) {
            tell((Change) denied);
        }
    }

    /// The state now and every change from now on.
    public Watch watch() {
        synchronized (lock) {
            var watch = new Watch(new ArrayList<>(now.values()));
            watches.add(watch);
            return watch;
        }
    }

    @GuardedBy("lock")
    private void tell(Change change) {
        for (var watch : watches)
            if (!watch.queue.offer(change)) {
                watch.lost = true;
                watches.remove(watch);
            }
    }

    /// One watcher's view of the feed; for one thread.
    public final class Watch implements AutoCloseable {
        private final List<CapsuleView> snapshot;
        private final LinkedBlockingQueue<Change> queue = new LinkedBlockingQueue<>(QUEUE);
        private volatile boolean lost;

        private Watch(List<CapsuleView> snapshot) {
            this.snapshot = snapshot;
        }

        /// Every capsule when the watch began.
        public List<CapsuleView> snapshot() {
            return snapshot;
        }

        /// The next change.
        ///
        /// @param wait longest wait
        /// @return empty when nothing happened during the wait
        public Optional<Change> next(Duration wait) throws InterruptedException {
            return Optional.ofNullable(queue.poll(wait.toNanos(), TimeUnit.NANOSECONDS));
        }

        /// True once changes were lost because this watcher was too slow.
        public boolean lost() {
            return lost;
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }
}
