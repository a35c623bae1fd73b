package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.HttpClient;

/// Bare QEMU, run by the script `bench/floor/bare-qemu`, and the same first call made straight to
/// the guest agent.
final class Floor {
    /// What a guest that has no token yet is given.
    static final String TOKEN = "bench-floor-token";

    private static final Duration BOOT = Duration.ofSeconds(60);

    private final Path script;
    private final Path image;
    private final Path disk;
    private final List<String> program;
    private final String token;
    private final HttpClient http;

    /// @param image the root image that the product clones too
    /// @param disk where the clone goes: on the product's file system, so that it costs the same
    /// @param program QEMU, or what drives it, with its arguments
    /// @param token that the guest has or gets
    Floor(Path script, Path image, Path disk, List<String> program, String token, HttpClient http) {
        this.script = script;
        this.image = image;
        this.disk = disk;
        this.program = List.copyOf(program);
        this.token = token;
        this.http = http;
    }

    Path disk() {
        return disk;
    }

    /// Starts a guest once and ends it.
    ///
    /// @return milliseconds until `true` has run
    double boot() {
        try (var vm = start()) {
            return vm.millis();
        }
    }

    /// Starts a guest and runs `true` in it. The network is there before the clock starts, as in
    /// the product, which keeps slots ready; the clone of the disk is inside.
    Vm start() {
        return prepare().go();
    }

    /// Makes the network of a guest; what follows is what the product does when it is asked.
    Ready prepare() {
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(image.toString(), disk.toString()));
        command.addAll(program);
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            var out = process.inputReader(UTF_8);
            var in = process.outputWriter(UTF_8);
            try {
                return new Ready(process, out, in, answer(out, "ready "));
            } catch (IOException | RuntimeException e) {
                end(process, out, in);
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A guest that has its network and is not started.
    final class Ready {
        private final Process process;
        private final BufferedReader out;
        private final BufferedWriter in;
        private final String address;

        private Ready(Process process, BufferedReader out, BufferedWriter in, String address) {
            this.process = process;
            this.out = out;
            this.in = in;
            this.address = address;
        }

        /// Once: starts the guest and runs `true` in it.
        Vm go() {
            try {
                long start = System.nanoTime();
                in.write("go\n");
                in.flush();
                long pid = Long.parseLong(answer(out, "started "));
                Envd.init(address, token, BOOT);
                var envd = new Envd(http, address, token);
                try {
                    envd.execTrue();
                } catch (RuntimeException e) {
                    envd.close();
                    throw e;
                }
                return new Vm(process, out, in, envd, pid, (System.nanoTime() - start) / 1e6);
            } catch (IOException | RuntimeException e) {
                try {
                    end(process, out, in);
                } catch (IOException later) {
                    e.addSuppressed(later);
                }
                throw e instanceof IOException io
                        ? new UncheckedIOException(io)
                        : (RuntimeException) e;
            }
        }
    }

    /// A guest that runs until it is closed.
    ///
    /// @param pid of the program that was started
    /// @param millis from the start until `true` had run
    record Vm(
            Process process,
            BufferedReader out,
            BufferedWriter in,
            Envd envd,
            long pid,
            double millis)
            implements AutoCloseable {
        @Override
        public void close() {
            envd.close();
            try {
                end(process, out, in);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /// Closes its standard input, at which the script removes everything and ends.
    private static void end(Process process, BufferedReader out, BufferedWriter in)
            throws IOException {
        try (out;
                in) {
            in.flush();
        } finally {
            try {
                if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroy();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                process.destroy();
            }
        }
    }

    private static String answer(BufferedReader out, String start) throws IOException {
        var line = out.readLine();
        if (line == null || !line.startsWith(start)) {
            throw new BenchException("floor: " + line + " (expected: " + start + "…)");
        }
        return line.substring(start.length());
    }
}
