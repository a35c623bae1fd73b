package dev.wrenn.control.store;

import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Backoff;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears of every committed change that somebody's rights depend on, made by whichever replica:
/// triggers of the schema send notices. What may have been missed counts as a change: each new
/// connection begins with one.
public final class RightsNotices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RightsNotices.class);

    /// Must be shorter than the time after which a silent connection counts as dead.
    private static final Duration WAIT = Duration.ofSeconds(10);

    private final Database db;
    private final Consumer<Optional<UserId>> changed;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Connection current;

    private RightsNotices(Database db, Consumer<Optional<UserId>> changed) {
        this.db = db;
        this.changed = changed;
    }

    /// Calls `changed` from a thread of its own until closed.
    ///
    /// @param changed told whose rights changed; nobody named: perhaps everybody's
    public static RightsNotices listen(Database db, Consumer<Optional<UserId>> changed) {
        var notices = new RightsNotices(db, changed);
        Thread.ofVirtual().name("rights").start(notices::run);
        return notices;
    }

    private void run() {
        var backoff =
                new Backoff(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(1),
                        RandomGenerator.getDefault());
        try {
            do {
                try (var connection = db.connect()) {
                    current = connection;
                    hear(connection, backoff);
                } catch (SQLException e) {
                    if (closed.getCount() > 0)
                        LOG.atInfo().log("notices interrupted: {}", e.getMessage());
                }
            } while (!closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hear(Connection connection, Backoff backoff) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("listen wrenn_rights");
        }
        var postgres = connection.unwrap(PGConnection.class);
        tell(Optional.empty());
        backoff.reset();
        while (closed.getCount() > 0) {
            var notices = postgres.getNotifications((int) WAIT.toMillis());
            if (notices != null && notices.length > 0) tell(notices);
            else if (!connection.isValid(1)) throw new SQLException("connection lost");
        }
    }

    /// Each user once, and nobody else when everybody is meant.
    private void tell(PGNotification[] notices) {
        var users = new LinkedHashSet<String>();
        for (var notice : notices) users.add(notice.getParameter());
        if (users.contains("")) tell(Optional.empty());
        else for (var user : users) tell(Optional.of(new UserId(UUID.fromString(user))));
    }

    private void tell(Optional<UserId> whose) {
        try {
            changed.accept(whose);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("change of rights not followed; the next one is");
        }
    }

    @Override
    public void close() {
        closed.countDown();
        var connection = current;
        if (connection == null) return;
        try {
            connection.close();
        } catch (SQLException e) {
            LOG.atDebug().setCause(e).log("connection already gone");
        }
    }
}
