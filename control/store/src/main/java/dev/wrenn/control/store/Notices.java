package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
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
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears of every committed change that somebody's rights depend on or that decides where requests
/// to a capsule go, made by whichever replica: triggers of the schema send notices. What may have
/// been missed counts as a change: each new connection begins with one.
public final class Notices implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Notices.class);
    private static final String RIGHTS = "wrenn_rights";
    private static final String CAPSULES = "wrenn_capsules";

    /// Must be shorter than the time after which a silent connection counts as dead.
    private static final Duration WAIT = Duration.ofSeconds(10);

    private final Database db;
    private final Listener listener;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Connection current;

    /// Who is told; one call after the other.
    public interface Listener {
        /// Whose rights changed; nobody named: perhaps everybody's.
        void rights(Optional<UserId> whose);

        /// State, host or settings of the ports of this capsule changed.
        void capsule(CapsuleId id);

        /// Changes of capsules are heard of from now on, or no more. Some may have been missed.
        void hears(boolean now);
    }

    private Notices(Database db, Listener listener) {
        this.db = db;
        this.listener = listener;
    }

    /// Tells from a thread of its own until closed.
    public static Notices listen(Database db, Listener listener) {
        var notices = new Notices(db, listener);
        Thread.ofVirtual().name("notices").start(notices::run);
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
                } finally {
                    tell(() -> listener.hears(false));
                }
            } while (!closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void hear(Connection connection, Backoff backoff) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("listen " + RIGHTS);
            statement.execute("listen " + CAPSULES);
        }
        var postgres = connection.unwrap(PGConnection.class);
        tell(() -> listener.rights(Optional.empty()));
        tell(() -> listener.hears(true));
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
        for (var notice : notices) {
            if (notice.getName().equals(RIGHTS)) users.add(notice.getParameter());
            else
                tell(() -> listener.capsule(new CapsuleId(UUID.fromString(notice.getParameter()))));
        }
        if (users.contains("")) tell(() -> listener.rights(Optional.empty()));
        else
            for (var user : users)
                tell(() -> listener.rights(Optional.of(new UserId(UUID.fromString(user)))));
    }

    private static void tell(Runnable change) {
        try {
            change.run();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("a change not followed; the next one is");
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
