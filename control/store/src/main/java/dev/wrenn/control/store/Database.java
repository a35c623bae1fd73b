package dev.wrenn.control.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.StoreUnavailableException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLRecoverableException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.postgres.PostgresPlugin;
import org.postgresql.ds.PGSimpleDataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pool of connections and the schema. Thread-safe; callers are virtual threads that queue for
/// a connection for at most [#PATIENCE].
public final class Database implements AutoCloseable {
    /// How long a caller waits for a connection before the database counts as unavailable.
    static final Duration PATIENCE = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(Database.class);
    private static final Duration STATEMENT_LIMIT = Duration.ofSeconds(20);

    private final PGSimpleDataSource direct;
    private final HikariDataSource pool;
    private final Jdbi jdbi;
    private final LockSession locks = new LockSession(this);

    private Database(PGSimpleDataSource direct, HikariDataSource pool) {
        this.direct = direct;
        this.pool = pool;
        this.jdbi = Jdbi.create(pool).installPlugin(new PostgresPlugin());
    }

    /// Waits until the database answers, brings the schema up to date and opens the pool.
    ///
    /// @param patience how long it may take to answer
    /// @throws StoreUnavailableException when it did not
    /// @throws StoreException when the schema cannot be brought up to date
    public static Database open(DatabaseUrl url, int connections, Duration patience)
            throws InterruptedException {
        var direct = direct(url);
        awaitAnswer(direct, patience);
        var config = new HikariConfig();
        config.setDataSource(direct);
        config.setPoolName("wrenn");
        config.setMaximumPoolSize(connections);
        config.setMinimumIdle(Math.min(2, connections));
        config.setConnectionTimeout(PATIENCE.toMillis());
        config.setValidationTimeout(Duration.ofSeconds(1).toMillis());
        config.setInitializationFailTimeout(-1);
        var pool = new HikariDataSource(config);
        try {
            // By the pool's connections: each new one costs the stretching of a password.
            Flyway.configure().dataSource(pool).load().migrate();
        } catch (FlywayException e) {
            pool.close();
            throw new StoreException("schema not up to date: " + e.getMessage(), e);
        }
        return new Database(direct, pool);
    }

    private static PGSimpleDataSource direct(DatabaseUrl url) {
        var source = new PGSimpleDataSource();
        source.setUrl(url.jdbcUrl());
        url.user().ifPresent(source::setUser);
        url.password().map(Secret::reveal).ifPresent(source::setPassword);
        source.setApplicationName("wrenn-control");
        source.setConnectTimeout((int) PATIENCE.toSeconds());
        source.setLoginTimeout((int) PATIENCE.toSeconds());
        source.setSocketTimeout((int) STATEMENT_LIMIT.toSeconds());
        source.setTcpKeepAlive(true);
        return source;
    }

    private static void awaitAnswer(PGSimpleDataSource source, Duration patience)
            throws InterruptedException {
        var deadline = Deadline.after(patience);
        var backoff =
                new Backoff(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(3),
                        RandomGenerator.getDefault());
        while (true) {
            try (var connection = source.getConnection()) {
                connection.isValid((int) PATIENCE.toSeconds());
                return;
            } catch (SQLException e) {
                if (deadline.passed() || !isTransient(e)) throw new StoreUnavailableException(e);
                LOG.atInfo().log("waiting for the database: {}", e.getMessage());
                Thread.sleep(backoff.next());
            }
        }
    }

    /// Runs one statement on a connection of the pool.
    <T> T with(Function<Handle, T> work) {
        try {
            return jdbi.withHandle(work::apply);
        } catch (JdbiException e) {
            throw translate(e);
        }
    }

    /// Runs statements as one transaction, read committed.
    <T> T inTransaction(Function<Handle, T> work) {
        try {
            return jdbi.inTransaction(work::apply);
        } catch (JdbiException e) {
            throw translate(e);
        }
    }

    /// True when the database answers now.
    public boolean answers() {
        try {
            return with(h -> h.createQuery("select 1").mapTo(Integer.class).one()) == 1;
        } catch (StoreUnavailableException e) {
            return false;
        }
    }

    /// A connection outside the pool, the caller's to close.
    Connection connect() throws SQLException {
        return direct.getConnection();
    }

    /// What locks of this process are bound to.
    LockSession locks() {
        return locks;
    }

    @Override
    public void close() {
        locks.close();
        pool.close();
    }

    private static RuntimeException translate(JdbiException e) {
        for (Throwable t = e; t != null; t = t.getCause())
            if (t instanceof SQLException sql && isTransient(sql))
                return new StoreUnavailableException(e);
        return new StoreException("statement failed", e);
    }

    /// Connection lost or refused (class 08), shutdown and start-up (57P0x), too many connections
    /// (53300); see appendix A of the PostgreSQL manual.
    private static boolean isTransient(SQLException e) {
        if (e instanceof SQLTransientConnectionException || e instanceof SQLRecoverableException)
            return true;
        var state = e.getSQLState();
        return state != null
                && (state.startsWith("08") || state.startsWith("57P") || state.equals("53300"));
    }
}
