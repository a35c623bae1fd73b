package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import dev.wrenn.common.datastores.DatastoreException;
import dev.wrenn.common.datastores.PostgresServer;
import dev.wrenn.common.datastores.RedisServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The embedded PostgreSQL and Redis as parts. The servers' own code starts them, waits for them
/// and ends what an earlier life left.
final class DatastoreParts {
    /// Name of the database; the superuser's name is the server's.
    static final String DATABASE = "wrenn";

    private static final Duration START = Duration.ofSeconds(60);
    private static final Duration STOP = Duration.ofSeconds(15);
    private static final Duration PROBE = Duration.ofSeconds(1);

    private DatastoreParts() {}

    static Part postgres(DataDir data, int port, String password) {
        var config =
                new PostgresServer.Config(
                        data.postgresPrograms(),
                        data.postgresData(),
                        data.log("postgres"),
                        port,
                        password,
                        true);
        return new Datastore<PostgresServer>("postgres", data.log("postgres")) {
            @Override
            PostgresServer open() {
                var server = PostgresServer.start(config);
                server.createDatabase(DATABASE);
                return server;
            }

            @Override
            Running life(PostgresServer server) {
                return running(server.pid(), server.exit(), server::close);
            }

            @Override
            boolean answers(PostgresServer server) {
                return server.answers(DATABASE);
            }
        };
    }

    /// What Redis holds is derived anew when it is lost: nothing is written to disk.
    static Part redis(DataDir data, int port, String password) {
        var config = new RedisServer.Config(data.redis(), data.log("redis"), port, password, false);
        return new Datastore<RedisServer>("redis", data.log("redis")) {
            @Override
            RedisServer open() {
                return RedisServer.start(config);
            }

            @Override
            Running life(RedisServer server) {
                return running(server.pid(), server.exit(), server::close);
            }

            @Override
            boolean answers(RedisServer server) {
                return Ports.accepts(server.port(), PROBE);
            }
        };
    }

    /// A server that its own class starts and stops. One life at a time.
    private abstract static class Datastore<S extends AutoCloseable> implements Part {
        private final String name;
        private final Path log;
        private volatile @Nullable S server;

        Datastore(String name, Path log) {
            this.name = name;
            this.log = log;
        }

        abstract S open();

        abstract Running life(S opened);

        abstract boolean answers(S opened);

        static Running running(long pid, CompletableFuture<Integer> exit, Runnable stop) {
            return new Running(ProcessId.of(pid).orElse(new ProcessId(pid, 0)), exit, stop);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Running start() throws IOException {
            try {
                var earlier = server;
                if (earlier != null) earlier.close(); // it died: gives the directory's lock back
                server = null;
                var opened = open();
                server = opened;
                return life(opened);
            } catch (DatastoreException e) {
                throw new InstanceException(String.valueOf(e.getMessage()), e);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new InstanceException(name + ": " + e.getMessage(), e);
            }
        }

        @Override
        public boolean isHealthy() {
            var opened = server;
            return opened != null && answers(opened);
        }

        @Override
        public Duration startLimit() {
            return START;
        }

        @Override
        public Duration stopLimit() {
            return STOP;
        }

        @Override
        public Path log() {
            return log;
        }
    }
}
