package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// One more control plane of an installation: the same settings and stores, another port.
final class SecondPlane implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(60);
    private static final long END_SECONDS = 20;

    final int port;
    private final Process process;

    /// Returns when it answers; listens on all addresses.
    SecondPlane(Installation wrenn) throws IOException {
        try (var socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        var builder = new ProcessBuilder(wrenn.launcher().toString(), "control");
        var environment = builder.environment();
        environment.clear();
        for (var line : wrenn.part("control").environment().split("\n")) {
            int equals = line.indexOf('=');
            if (equals > 0) environment.put(line.substring(0, equals), line.substring(equals + 1));
        }
        environment.put("WRENN_CP_LISTEN_ADDR", "0.0.0.0:" + port);
        var log = wrenn.dataDir().resolve("log/control-2.log").toFile();
        process =
                builder.redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                        .start();
        var api = api(wrenn.api().key());
        Eventually.within(START, () -> api.get("/health").expect(200));
    }

    Api api(String key) {
        return new Api(URI.create("http://127.0.0.1:" + port), key);
    }

    Proc process() {
        return new Proc(process.pid());
    }

    @Override
    public void close() {
        process().goOn(); // a test may have failed while it stood still
        process.destroy();
        try {
            assertThat(process.waitFor(END_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
