package dev.wrenn.common.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.datastores.RedisServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// One Redis per JVM that writes nothing to disk, emptied before each test class. Use as a static
/// field with `@RegisterExtension`; classes that use it must not run at the same time.
public final class RedisFixture implements BeforeAllCallback {
    private static final String PASSWORD = "test";

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        flush();
    }

    /// `redis://:password@127.0.0.1:port`.
    public URI uri() {
        return Server.RUNNING.uri();
    }

    public int port() {
        return Server.RUNNING.port();
    }

    public String password() {
        return PASSWORD;
    }

    /// Removes all keys.
    public void flush() throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            var words = "AUTH " + PASSWORD + "\r\nFLUSHALL\r\n";
            socket.getOutputStream().write(words.getBytes(US_ASCII));
            for (int answer = 0; answer < 2; answer++) {
                var line = in.readLine();
                if (!"+OK".equals(line)) throw new IOException("Redis answered " + line);
            }
        }
    }

    private static final class Server { // started when first used, ends with the JVM
        static final RedisServer RUNNING = start();

        private static RedisServer start() {
            var dir = ServerDirs.create("redis");
            var server =
                    RedisServer.start(
                            new RedisServer.Config(
                                    dir.resolve("data"), dir.resolve("log"), 0, PASSWORD, false));
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
