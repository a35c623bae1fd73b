package dev.wrenn.common.datastores;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running PostgreSQL on 127.0.0.1, with one superuser and a password (SCRAM). Thread-safe.
public final class PostgresServer implements AutoCloseable {
    /// The superuser.
    public static final String USER = "wrenn";

    private static final Logger LOG = LoggerFactory.getLogger(PostgresServer.class);
    private static final Duration START = Duration.ofSeconds(60); // crash recovery included
    private static final Duration STOP = Duration.ofSeconds(15);
    private static final String BAD_PASSWORD = "28P01"; // SQLSTATE invalid_password

    /// @param binaries where the programs are unpacked to, may be shared
    /// @param data the cluster, created when missing; its parent must exist
    /// @param log server log, appended to
    /// @param port 0 picks a free one
    /// @param password of [#USER]; must stay the same for the life of `data`
    /// @param durable false: nothing is synced, for tests
    public record Config(
            Path binaries, Path data, Path log, int port, String password, boolean durable) {
        public Config {
            binaries = binaries.toAbsolutePath();
            data = data.toAbsolutePath();
            log = log.toAbsolutePath();
        }

        @Override
        public String toString() {
            return "PostgresServer.Config(" + data + ", port " + port + ")";
        }
    }

    private final Config config;
    private final int port;
    private final Child child;
    private final DirectoryLock lock;

    private PostgresServer(Config config, int port, Child child, DirectoryLock lock) {
        this.config = config;
        this.port = port;
        this.child = child;
        this.lock = lock;
    }

    /// Starts the server and waits until it answers.
    ///
    /// @throws DatastoreException when it does not start, the data is served by another process, or
    ///   the password is not the one the data was made with
    public static PostgresServer start(Config config) {
        var home = PostgresBinaries.unpacked(config.binaries());
        var account = Account.postgres(home.resolve("bin/postgres"), config.data());
        var lock = DirectoryLock.take(config.data());
        try {
            LeftOver.stop(config.data().resolve("postmaster.pid"), config.data(), "INT", STOP);
            if (Files.exists(config.data())) account.ownAll(config.data());
            else create(home, account, config);
            int port = Ports.pick(config.port());
            var words = account.command(command(home, config, port).toArray(String[]::new));
            var child = Child.start("postgres", words, config.data(), config.log(), "");
            var server = new PostgresServer(config, port, child, lock);
            try {
                child.awaitReady(START, server::missing);
            } catch (RuntimeException e) {
                child.stop("INT", STOP);
                throw e;
            }
            LOG.atInfo().addKeyValue("port", port).addKeyValue("pid", child.pid()).log("up");
            return server;
        } catch (IOException e) {
            lock.close();
            throw new DatastoreException(config.data() + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    public int port() {
        return port;
    }

    public long pid() {
        return child.pid();
    }

    /// Completes with the exit code when the server ends, for whatever reason.
    public CompletableFuture<Integer> exit() {
        return child.exit();
    }

    /// `jdbc:postgresql://…` without user and password.
    public String jdbcUrl(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /// A connection as [#USER].
    public Connection connect(String database) throws SQLException {
        return connect(database, new Properties());
    }

    /// Whether a query in `database` is answered within a second.
    public boolean answers(String database) {
        try (var connection = connect(database)) {
            return connection.isValid(1);
        } catch (SQLException e) {
            return false;
        }
    }

    private Connection connect(String database, Properties login) throws SQLException {
        login.setProperty("user", USER);
        login.setProperty("password", config.password());
        login.setProperty("connectTimeout", "5");
        return DriverManager.getConnection(jdbcUrl(database), login);
    }

    /// Creates a database unless it exists.
    ///
    /// @param name lower-case letters, digits and underscores
    public void createDatabase(String name) {
        if (!name.matches("[a-z_][a-z0-9_]{0,62}"))
            throw new IllegalArgumentException(name + " (expected: [a-z_][a-z0-9_]*)");
        try (var connection = connect("postgres");
                var statement = connection.createStatement()) {
            try (var rows =
                    statement.executeQuery(
                            "select 1 from pg_database where datname = '" + name + "'")) {
                if (rows.next()) return;
            }
            statement.execute("create database " + name);
        } catch (SQLException e) {
            throw new DatastoreException("database " + name + ": " + e.getMessage(), e);
        }
    }

    /// Stops it in an orderly way: connections are cut, data is written.
    @Override
    public void close() {
        child.stop("INT", STOP);
        lock.close();
    }

    private @Nullable String missing() {
        var patience = new Properties();
        patience.setProperty("socketTimeout", "5"); // seconds
        try (var _ = connect("postgres", patience)) {
            return child.alive() ? null : "ended"; // another server may hold the port
        } catch (SQLException e) {
            if (child.alive() && BAD_PASSWORD.equals(e.getSQLState()))
                throw new DatastoreException(config.data() + ": was made with another password", e);
            return e.getMessage();
        }
    }

    private static List<String> command(Path home, Config config, int port) {
        var words =
                new ArrayList<>(
                        List.of(home + "/bin/postgres", "-D", config.data().toString(), "-p"));
        words.add(Integer.toString(port));
        var settings =
                new ArrayList<>(
                        List.of(
                                "listen_addresses=127.0.0.1",
                                "unix_socket_directories=",
                                "shared_buffers=64MB",
                                "max_connections=100",
                                "log_line_prefix=%m [%p] "));
        if (!config.durable())
            settings.addAll(List.of("fsync=off", "synchronous_commit=off", "full_page_writes=off"));
        for (var setting : settings) words.addAll(List.of("-c", setting));
        return words;
    }

    /// Makes the cluster beside its place and moves it there, so that a broken attempt leaves none.
    private static void create(Path home, Account account, Config config) throws IOException {
        var parent = config.data().getParent();
        var fresh = Files.createTempDirectory(parent, "initdb-");
        var password = Files.createTempFile(parent, "initdb-", ".pw"); // mode 0600
        try {
            Files.writeString(password, config.password() + "\n");
            account.own(fresh);
            account.own(password);
            var sync = config.durable() ? "--sync-method=fsync" : "--no-sync";
            Command.run(
                    account.command(
                            home + "/bin/initdb",
                            "-D",
                            fresh.toString(),
                            "-U",
                            USER,
                            "-A",
                            "scram-sha-256",
                            "--pwfile=" + password,
                            "-E",
                            "UTF8",
                            "--locale=C",
                            sync),
                    fresh);
            Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwx------"));
            Files.move(fresh, config.data(), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(password);
        }
    }
}
