package dev.wrenn.control.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one connection outside the pool that all advisory locks of this process are bound to: they
/// end with it, and it ends with the process, or when that asks for nothing any more: one that
/// hangs leads nobody. Thread-safe.
final class LockSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockSession.class);
    private static final String TRY = "select pg_try_advisory_lock(hashtextextended(?, 0))";
    private static final String GIVE_UP = "select pg_advisory_unlock(hashtextextended(?, 0))";
    private static final int CHECK_SECONDS = 1;

    /// Something is asked for every few seconds.
    private static final Duration LEASE = Duration.ofSeconds(30);

    /// The server ends a session that is silent for so long; from PostgreSQL 14 on.
    private static final String LIMIT =
            "select set_config(name, ?, false) from pg_settings"
                    + " where name = 'idle_session_timeout'";

    private final Database db;
    private final Duration lease;
    private final Set<String> held = new HashSet<>(); // by the connection
    private @Nullable Connection connection;
    private boolean closed;

    LockSession(Database db) {
        this(db, LEASE);
    }

    /// @param lease after which it ends when nothing is asked for
    LockSession(Database db, Duration lease) {
        this.db = db;
        this.lease = lease;
    }

    /// Takes a lock unless it is held already; asks the database each time.
    ///
    /// @throws SQLException when the database cannot be reached; then nothing is held any more
    synchronized boolean hold(String name) throws SQLException {
        if (closed) return false;
        try {
            if (connection != null && !connection.isValid(CHECK_SECONDS)) drop();
            if (connection == null) connection = connect();
            if (held.contains(name)) return true;
            if (!ask(connection, TRY, name)) return false;
            held.add(name);
            LOG.atInfo().addKeyValue("work", name).log("leading");
            return true;
        } catch (SQLException e) {
            drop();
            throw e;
        }
    }

    private Connection connect() throws SQLException {
        var fresh = db.connect();
        try (var statement = fresh.prepareStatement(LIMIT)) {
            statement.setString(1, lease.toMillis() + "ms");
            statement.execute();
            return fresh;
        } catch (SQLException e) {
            fresh.close();
            throw e;
        }
    }

    synchronized void giveUp(String name) {
        var current = connection;
        if (current == null || !held.remove(name)) return;
        try {
            ask(current, GIVE_UP, name);
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("a lead ends with its connection");
            drop();
        }
    }

    private static boolean ask(Connection connection, String question, String name)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(question)) {
            statement.setString(1, "wrenn:" + name);
            try (var result = statement.executeQuery()) {
                return result.next() && result.getBoolean(1);
            }
        }
    }

    private void drop() {
        var current = connection;
        connection = null;
        held.clear();
        if (current == null) return;
        try {
            current.close();
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("connection of lost leads did not close");
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        drop();
    }
}
