package dev.wrenn.control.api;

import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.EventLog;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Principal;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who follows events over HTTP, and the one look-out that wakes them all. It looks at the database
/// only while somebody follows. Thread-safe.
final class LiveEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LiveEvents.class);
    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int MOST = 1000;
    private static final int MOST_OF_TEAM = 50;

    private final EventLog log;
    private final Authenticator authenticator;
    private final Set<Follower> followers = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private long newest; // guarded by lock
    private boolean closed; // guarded by lock
    private boolean looking; // guarded by lock

    LiveEvents(EventLog log, Authenticator authenticator) {
        this.log = log;
        this.authenticator = authenticator;
    }

    /// Somebody who follows; closed by the thread that opened it.
    final class Follower implements AutoCloseable {
        private final Principal who;
        private final Access access;
        private volatile boolean out;

        private Follower(Principal who, Access access) {
            this.who = who;
            this.access = access;
        }

        /// Waits for events beyond this number, or for so long.
        ///
        /// @return false when the client has to go: it lost the right, or the server stops
        boolean await(long seen, Duration limit) throws InterruptedException {
            long left = limit.toNanos();
            lock.lock();
            try {
                while (!closed && !out && newest <= seen && left > 0)
                    left = changed.awaitNanos(left);
                return !closed && !out;
            } finally {
                lock.unlock();
            }
        }

        private boolean mayStay() {
            var now = authenticator.again(who);
            return now.isPresent() && access.refusal(now.get(), null).isEmpty();
        }

        @Override
        public void close() {
            followers.remove(this);
        }
    }

    /// Lets somebody follow.
    ///
    /// @param access that the route declares, asked again when rights change
    /// @throws ApiException 429 when too many do
    Follower enter(Principal who, Access access) {
        long same = followers.stream().filter(f -> f.who.team().equals(who.team())).count();
        if (followers.size() >= MOST || same >= MOST_OF_TEAM)
            throw ApiException.tooMany(Duration.ofSeconds(5));
        var follower = new Follower(who, access);
        followers.add(follower);
        look();
        return follower;
    }

    int count() {
        return followers.size();
    }

    private void look() {
        lock.lock();
        try {
            if (looking || closed) return;
            looking = true;
        } finally {
            lock.unlock();
        }
        Thread.ofVirtual().name("event-lookout").start(this::lookOut);
    }

    private void lookOut() {
        try {
            while (anybody()) {
                try {
                    wake(log.newest());
                } catch (StoreUnavailableException e) {
                    LOG.atDebug().log("events not looked at: no database");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Pauses, and ends the look-out when nobody follows.
    private boolean anybody() throws InterruptedException {
        lock.lock();
        try {
            long left = LOOK.toNanos();
            while (!closed && left > 0) left = changed.awaitNanos(left);
            if (!closed && !followers.isEmpty()) return true;
            looking = false;
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void wake(long now) {
        lock.lock();
        try {
            if (now <= newest) return;
            newest = now;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Rights have changed: whoever lost the right goes.
    ///
    /// @param whose empty: anybody's
    void check(Optional<UserId> whose) {
        boolean any = false;
        for (var follower : followers) {
            if (whose.isPresent() && !whose.get().equals(follower.who.user())) continue;
            try {
                if (follower.mayStay()) continue;
            } catch (StoreUnavailableException e) {
                LOG.atWarn().log("rights not checked: no database; the next check does it");
                return;
            }
            follower.out = true;
            any = true;
        }
        if (any) signal();
    }

    private void signal() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Lets everybody go.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
