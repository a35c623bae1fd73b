package dev.wrenn.control.store;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Elects one of many control planes for a kind of periodic work: who holds the PostgreSQL advisory
/// lock of that name leads. The lock is bound to a connection of its own and ends with the process.
/// Thread-safe.
public final class LeaderLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderLock.class);
    private static final String TRY = "select pg_try_advisory_lock(hashtextextended(?, 0))";
    private static final int CHECK_SECONDS = 1;

    private final Database db;
    private final String name;
    private @Nullable Connection connection;
    private boolean closed;

    public LeaderLock(Database db, String name) {
        this.db = db;
        this.name = name;
    }

    /// Tries to become the leader unless it is already; asks the database each time.
    ///
    /// @return false also while the database cannot be reached
    public synchronized boolean held() {
        if (closed) return false;
        try {
            var current = connection;
            if (current != null) {
                if (current.isValid(CHECK_SECONDS)) return true;
                release();
            }
            return take();
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("no lead without a database");
            release();
            return false;
        }
    }

    private boolean take() throws SQLException {
        var fresh = db.connect();
        try (var statement = fresh.prepareStatement(TRY)) {
            statement.setString(1, "wrenn:" + name);
            try (var result = statement.executeQuery()) {
                if (result.next() && result.getBoolean(1)) {
                    connection = fresh;
                    LOG.atInfo().addKeyValue("work", name).log("leading");
                    return true;
                }
            }
        } finally {
            if (connection != fresh) fresh.close();
        }
        return false;
    }

    private void release() {
        var current = connection;
        connection = null;
        if (current == null) return;
        try {
            current.close();
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("connection of a lost lead did not close");
        }
    }

    /// Gives the lead up for good.
    @Override
    public synchronized void close() {
        closed = true;
        release();
    }
}
