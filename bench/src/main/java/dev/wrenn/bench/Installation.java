package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A running Wrenn: one of its own in a temporary directory, or one that already runs.
final class Installation implements AutoCloseable {
    private static final Duration UP = Duration.ofMinutes(20); // the first one builds the images
    private static final Duration DOWN = Duration.ofMinutes(2);

    private final Path root;
    private final Path dataDir;
    private final boolean own;
    private final Map<String, String> settings;

    private Installation(Path root, Path dataDir, boolean own, Map<String, String> settings) {
        this.root = root;
        this.dataDir = dataDir;
        this.own = own;
        this.settings = settings;
    }

    /// Uses `dataDir`, which must be up, or brings up an installation that [#close()] removes.
    ///
    /// @param settings environment of its services, beside our own
    static Installation open(
            Path root, @Nullable Path dataDir, Map<String, String> settings, Progress progress) {
        if (dataDir != null)
            return new Installation(root, dataDir.toAbsolutePath(), false, settings);
        try {
            var temporary = Files.createTempDirectory("wrenn-bench-");
            var installation = new Installation(root, temporary, true, settings);
            progress.say("starting an installation in " + temporary);
            try {
                installation.wrenn(
                        UP,
                        List.of("up", "--detach", "--data-dir", temporary.toString()),
                        List.of("--port", Integer.toString(freePort())));
                return installation;
            } catch (RuntimeException e) {
                try {
                    installation.close();
                } catch (RuntimeException later) {
                    e.addSuppressed(later);
                }
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where the host agent keeps disks, kernels and the private records of capsules.
    Path host() {
        return dataDir.resolve("host");
    }

    /// Log of one service.
    Path log(String service) {
        return dataDir.resolve("log").resolve(service + ".log");
    }

    /// Process id of a part, such as `control`.
    long pid(String part) {
        var state = JsonMapper.shared().readTree(dataDir.resolve("run/state.json"));
        for (var one : state.path("parts")) {
            if (one.path("name").asString().equals(part)) return one.path("pid").asLong();
        }
        throw new BenchException("no part " + part + " in " + dataDir);
    }

    URI api() {
        return URI.create(credentials().path("api_url").stringValue());
    }

    String apiKey() {
        return credentials().path("api_key").stringValue();
    }

    /// A session of the instance's own account.
    String token(Api api) {
        var credentials = credentials();
        return api.signIn(
                credentials.path("email").stringValue(),
                credentials.path("password").stringValue());
    }

    private JsonNode credentials() {
        return JsonMapper.shared().readTree(dataDir.resolve("credentials.json"));
    }

    @Override
    public void close() {
        if (!own) return;
        wrenn(DOWN, List.of("down", "--data-dir", dataDir.toString()), List.of());
        try {
            Scratch.delete(dataDir);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void wrenn(Duration limit, List<String> arguments, List<String> more) {
        var command = new ArrayList<String>();
        command.add(root.resolve("wrenn").toString());
        command.addAll(arguments);
        command.addAll(more);
        try {
            // Standard output carries the report: what the launcher prints goes to standard error.
            var log = Files.createTempFile("wrenn-bench-", ".log");
            var builder =
                    new ProcessBuilder(command)
                            .directory(root.toFile())
                            .redirectInput(
                                    ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile());
            builder.environment().putAll(settings);
            var process = builder.start();
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                process.destroy();
                throw new BenchException(command + ": not done after " + limit + "; see " + log);
            }
            if (process.exitValue() != 0) {
                throw new BenchException(
                        command + ": exit " + process.exitValue() + "\n" + Files.readString(log));
            }
            Files.delete(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted while waiting for " + command, e);
        }
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
