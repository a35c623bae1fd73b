package dev.wrenn.control.store;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Elects one of many control planes for a kind of periodic work: who holds the PostgreSQL advisory
/// lock of that name leads. All locks of a process share one connection and end with it. A name is
/// used once in a process. Thread-safe.
public final class LeaderLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderLock.class);

    private final LockSession session;
    private final String name;
    private boolean closed;

    public LeaderLock(Database db, String name) {
        this.session = db.locks();
        this.name = name;
    }

    /// Tries to become the leader unless it is already; asks the database each time.
    ///
    /// @return false also while the database cannot be reached
    public synchronized boolean held() {
        if (closed) return false;
        try {
            return session.hold(name);
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("no lead without a database");
            return false;
        }
    }

    /// Gives the lead up for good.
    @Override
    public synchronized void close() {
        closed = true;
        session.giveUp(name);
    }
}
