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
    private static final Duration BOOT = Duration.ofSeconds(60);
    private static final String TOKEN = "bench-floor-token";

    private final Path script;
    private final Path image;
    private final Path disk;
    private final List<String> qemu;
    private final HttpClient http;

    /// @param image the root image that the product clones too
    /// @param disk where the clone goes: on the product's file system, so that it costs the same
    Floor(Path script, Path image, Path disk, List<String> qemu, HttpClient http) {
        this.script = script;
        this.image = image;
        this.disk = disk;
        this.qemu = qemu;
        this.http = http;
    }

    /// Boots once. The network is there before the clock starts, as in the product, which keeps
    /// slots ready; the clone of the disk is inside.
    ///
    /// @return milliseconds until `true` has run
    double boot() {
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(image.toString(), disk.toString()));
        command.addAll(qemu);
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            try (BufferedReader out = process.inputReader(UTF_8);
                    BufferedWriter in = process.outputWriter(UTF_8)) {
                var address = answer(out, "ready ");
                long start = System.nanoTime();
                in.write("go\n");
                in.flush();
                answer(out, "started ");
                Envd.init(address, TOKEN, BOOT);
                try (var envd = new Envd(http, address, TOKEN)) {
                    envd.execTrue();
                }
                return (System.nanoTime() - start) / 1e6;
            } finally {
                // Its standard input is closed by now: it removes everything and ends.
                if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroy();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted during a floor boot", e);
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
