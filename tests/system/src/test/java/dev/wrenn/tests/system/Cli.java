package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Runs the launcher of this checkout.
final class Cli {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Path root;

    Cli(Path root) {
        this.root = root;
    }

    /// What a finished command left.
    record Result(int exit, byte[] out, String err) {
        tools.jackson.databind.JsonNode json() {
            return tools.jackson.databind.json.JsonMapper.shared().readTree(ok().out());
        }

        String text() {
            return new String(out, UTF_8);
        }

        /// Fails with everything the command said when it did not succeed.
        Result ok() {
            assertThat(exit).as("exit code; stdout: %s stderr: %s", text(), err).isZero();
            return this;
        }
    }

    Result run(String... arguments) {
        return run(LIMIT, Map.of(), new byte[0], List.of(arguments));
    }

    /// @param environment added to this process's own
    /// @param input all of standard input
    Result run(
            Duration limit, Map<String, String> environment, byte[] input, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(root.resolve("wrenn").toString());
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).directory(root.toFile());
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            var out = new Collector(process.getInputStream());
            var err = new Collector(process.getErrorStream());
            try (var in = process.getOutputStream()) {
                in.write(input);
            } catch (IOException e) {
                // The command did not want its input: its exit code says the rest.
            }
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroy();
                throw new AssertionError(command + ": not done after " + limit);
            }
            return new Result(process.exitValue(), out.bytes(), new String(err.bytes(), UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /// The launcher itself, for processes that go on.
    Path launcher() {
        return root.resolve("wrenn");
    }

    /// Runs a program of the machine, for instance `ip`.
    ///
    /// @return its standard output
    static String system(String... command) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            var text = new String(process.getInputStream().readAllBytes(), UTF_8);
            int exit = process.waitFor();
            assertThat(exit).as("exit code of %s: %s", List.of(command), text).isZero();
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /// Reads a stream to its end beside the caller. A daemon that keeps the stream open after its
    /// parent has ended does not keep the caller.
    private static final class Collector {
        private static final Duration AFTER_EXIT = Duration.ofSeconds(5);
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Thread reader;

        Collector(InputStream in) {
            reader =
                    Thread.ofVirtual()
                            .start(() -> {
                                try (in) {
                                    in.transferTo(bytes);
                                } catch (IOException e) {
                                    throw new UncheckedIOException(e);
                                }
                            });
        }

        byte[] bytes() throws InterruptedException {
            boolean ended = reader.join(AFTER_EXIT);
            assertThat(ended).as("the command left a process that holds its output").isTrue();
            return bytes.toByteArray();
        }
    }
}
