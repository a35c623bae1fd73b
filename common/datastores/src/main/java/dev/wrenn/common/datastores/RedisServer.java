package dev.wrenn.common.datastores;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A running Redis (Debian's `redis-server`) on 127.0.0.1 with a password. Thread-safe.
public final class RedisServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RedisServer.class);
    private static final Duration START = Duration.ofSeconds(30); // loading included
    private static final Duration STOP = Duration.ofSeconds(10);
    private static final int CALL_MS = 2000;
    private static final Path PROGRAM = Path.of("/usr/bin/redis-server");

    /// @param data working directory, created when missing
    /// @param log server log, appended to
    /// @param port 0 picks a free one
    /// @param password letters and digits
    /// @param durable true: append-only file, synced each second; false: nothing is written
    public record Config(Path data, Path log, int port, String password, boolean durable) {
        public Config {
            data = data.toAbsolutePath();
            log = log.toAbsolutePath();
            if (!password.matches("[A-Za-z0-9_-]+"))
                throw new IllegalArgumentException("password (expected: letters and digits)");
        }

        @Override
        public String toString() {
            return "RedisServer.Config(" + data + ", port " + port + ")";
        }
    }

    private final Config config;
    private final int port;
    private final Child child;
    private final DirectoryLock lock;

    private RedisServer(Config config, int port, Child child, DirectoryLock lock) {
        this.config = config;
        this.port = port;
        this.child = child;
        this.lock = lock;
    }

    /// Starts the server and waits until it answers.
    ///
    /// @throws DatastoreException when it does not start, or the data is served by another process
    public static RedisServer start(Config config) {
        if (!Files.isExecutable(PROGRAM))
            throw new DatastoreException(PROGRAM + ": missing (Debian package redis-server)");
        var lock = DirectoryLock.take(config.data());
        try {
            Files.createDirectories(config.data());
            LeftOver.stop(pidFile(config), config.data(), "TERM", STOP);
            var account = Account.redis(PROGRAM, config.data());
            account.ownAll(config.data());
            int port = Ports.pick(config.port());
            var child =
                    Child.start(
                            "redis-server",
                            account.command(PROGRAM.toString(), "-"), // settings from stdin
                            config.data(),
                            config.log(),
                            settings(config, port));
            var server = new RedisServer(config, port, child, lock);
            try {
                child.awaitReady(START, server::missing);
            } catch (RuntimeException e) {
                child.stop("TERM", STOP);
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

    /// `redis://:password@127.0.0.1:port`; secret.
    public URI uri() {
        return URI.create("redis://:" + config.password() + "@127.0.0.1:" + port);
    }

    /// Stops it in an orderly way.
    @Override
    public void close() {
        child.stop("TERM", STOP);
        lock.close();
    }

    private static String settings(Config config, int port) {
        return """
        bind 127.0.0.1
        port %d
        requirepass %s
        daemonize no
        dir "%s"
        pidfile "%s"
        save ""
        appendonly %s
        appendfsync everysec
        """
                .formatted(
                        port,
                        config.password(),
                        config.data(),
                        pidFile(config),
                        config.durable() ? "yes" : "no");
    }

    private static Path pidFile(Config config) {
        return config.data().resolve("redis.pid");
    }

    private @Nullable String missing() {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), CALL_MS);
            socket.setSoTimeout(CALL_MS);
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            var ask = "AUTH " + config.password() + "\r\nPING\r\n";
            socket.getOutputStream().write(ask.getBytes(US_ASCII));
            var login = in.readLine();
            if (!"+OK".equals(login)) return "AUTH answered " + login;
            var pong = in.readLine();
            return "+PONG".equals(pong) ? null : "PING answered " + pong;
        } catch (IOException e) {
            return e.getMessage();
        }
    }
}
