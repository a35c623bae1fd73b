package dev.wrenn.common.datastores;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PostgresServerContractTest {
    @TempDir Path dir;

    @Test
    void servesAndKeepsItsDataOverRestarts() throws Exception {
        try (var server = PostgresServer.start(config("secret", true))) {
            server.createDatabase("wrenn");
            server.createDatabase("wrenn"); // exists: nothing to do
            try (var c = server.connect("wrenn");
                    var s = c.createStatement()) {
                s.execute("create table t(i int)");
                s.execute("insert into t values (42)");
                var rows = s.executeQuery("select current_setting('fsync'), i from t");
                rows.next();
                assertThat(rows.getString(1)).isEqualTo("on");
            }
            assertThatThrownBy(() -> PostgresServer.start(config("secret", true)))
                    .isInstanceOf(DatastoreException.class)
                    .hasMessageContaining("served by another process");
        }
        try (var server = PostgresServer.start(config("secret", true));
                var c = server.connect("wrenn");
                var rows = c.createStatement().executeQuery("select i from t")) {
            rows.next();
            assertThat(rows.getInt(1)).isEqualTo(42);
        }
        assertThatThrownBy(() -> PostgresServer.start(config("other", true)))
                .isInstanceOf(DatastoreException.class)
                .hasMessageContaining("another password");
        assertThat(Files.list(dir).map(p -> p.getFileName().toString()))
                .containsExactlyInAnyOrder("pg", "pg.lock", "pg.log");
    }

    @Test
    void anotherPortHolderIsNamed() throws Exception {
        try (var taken =
                new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
            var config =
                    new PostgresServer.Config(
                            cache(),
                            dir.resolve("pg"),
                            dir.resolve("pg.log"),
                            taken.getLocalPort(),
                            "x",
                            false);
            assertThatThrownBy(() -> PostgresServer.start(config))
                    .isInstanceOf(DatastoreException.class)
                    .hasMessageContaining("Address already in use");
        }
    }

    @Test
    void endsWithItsParentAndAnOrphanIsReplaced() throws Exception {
        // a JVM of its own starts a server and is killed
        var java = Path.of(System.getProperty("java.home"), "bin/java").toString();
        var parent =
                new ProcessBuilder(
                                java,
                                "-cp",
                                System.getProperty("java.class.path"),
                                StartAndHang.class.getName(),
                                cache().toString(),
                                dir.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var out = parent.inputReader()) {
            var line = out.readLine();
            while (line != null && !line.startsWith("pid ")) line = out.readLine();
            assertThat(line).isNotNull();
            var server = ProcessHandle.of(Long.parseLong(line.substring(4))).orElseThrow();
            parent.destroyForcibly();
            server.onExit().get(20, TimeUnit.SECONDS);
        }
        try (var server = PostgresServer.start(config("secret", true))) {
            assertThat(server.exit()).isNotDone();
        }
    }

    static final class StartAndHang {
        public static void main(String[] args) throws Exception {
            var dir = Path.of(args[1]);
            var server =
                    PostgresServer.start(
                            new PostgresServer.Config(
                                    Path.of(args[0]),
                                    dir.resolve("pg"),
                                    dir.resolve("pg.log"),
                                    0,
                                    "secret",
                                    true));
            System.out.println("pid " + server.pid());
            System.out.flush();
            Thread.currentThread().join();
        }
    }

    private PostgresServer.Config config(String password, boolean durable) {
        return new PostgresServer.Config(
                cache(), dir.resolve("pg"), dir.resolve("pg.log"), 0, password, durable);
    }

    private static Path cache() {
        return Path.of(System.getProperty("java.io.tmpdir"), "wrenn-datastores-test");
    }
}
