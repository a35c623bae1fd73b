package dev.wrenn.common.testing;

import dev.wrenn.common.datastores.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A database of its own for each test class, on one PostgreSQL per JVM that does not sync. Use as
/// a static field with `@RegisterExtension`.
public final class PostgresFixture implements BeforeAllCallback, AfterAllCallback {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private @Nullable String database;

    @Override
    public void beforeAll(ExtensionContext context) {
        database = "test_" + NUMBER.incrementAndGet();
        Server.RUNNING.createDatabase(database);
    }

    @Override
    public void afterAll(ExtensionContext context) throws SQLException {
        try (var connection = Server.RUNNING.connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute("drop database if exists " + database() + " with (force)");
        }
        database = null;
    }

    /// `jdbc:postgresql://…` without user and password.
    public String jdbcUrl() {
        return Server.RUNNING.jdbcUrl(database());
    }

    public String user() {
        return PostgresServer.USER;
    }

    public String password() {
        return Server.PASSWORD;
    }

    public String database() {
        if (database == null) throw new IllegalStateException("only while a test class runs");
        return database;
    }

    /// A new connection to the database of this class.
    public Connection connect() throws SQLException {
        return Server.RUNNING.connect(database());
    }

    private static final class Server { // started when first used, ends with the JVM
        static final String PASSWORD = "test";
        static final PostgresServer RUNNING = start();

        private static PostgresServer start() {
            var dir = ServerDirs.create("pg");
            var server =
                    PostgresServer.start(
                            new PostgresServer.Config(
                                    ServerDirs.cache(),
                                    dir.resolve("data"),
                                    dir.resolve("log"),
                                    0,
                                    PASSWORD,
                                    false));
            Runtime.getRuntime()
                    .addShutdownHook(
                            new Thread(() -> {
                                server.close();
                                ServerDirs.delete(dir);
                            }));
            return server;
        }
    }
}
