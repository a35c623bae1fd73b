package dev.wrenn.bench;

import io.javalin.Javalin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The floor of the API: one Javalin route that answers with a constant, in a process of its own
/// with the flags of the control plane.
final class BareRoute implements AutoCloseable {
    private final Process process;
    private final InetSocketAddress address;

    private BareRoute(Process process, InetSocketAddress address) {
        this.process = process;
        this.address = address;
    }

    /// The floor's own process: answers with the bytes given and prints its port.
    public static void main(String[] arguments) {
        var body = arguments[0];
        var server =
                Javalin.create(
                                config -> {
                                    config.startup.showJavalinBanner = false;
                                    config.routes.get(
                                            "/",
                                            http ->
                                                    http.contentType("application/json")
                                                            .result(body));
                                })
                        .start("127.0.0.1", 0);
        System.out.println("port " + server.port());
        System.out.flush();
    }

    static BareRoute start(String body) {
        var command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-XX:+UseSerialGC",
                        "-XX:+UseCompactObjectHeaders",
                        "-XX:ThreadPriorityPolicy=1",
                        "-XX:CompilerThreadPriority=10",
                        "-XX:PerMethodTrapLimit=0",
                        "-XX:PerBytecodeTrapLimit=0",
                        "-Xmx512m",
                        BareRoute.class.getName(),
                        body);
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.DISCARD)
                            .start();
            var reader = process.inputReader(StandardCharsets.UTF_8);
            for (var line = reader.readLine(); line != null; line = reader.readLine())
                if (line.startsWith("port "))
                    return new BareRoute(
                            process,
                            new InetSocketAddress(
                                    "127.0.0.1", Integer.parseInt(line.substring(5))));
            throw new BenchException("the bare route does not start");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    InetSocketAddress address() {
        return address;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
