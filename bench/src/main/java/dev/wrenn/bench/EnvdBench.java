package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/// The guest agent itself: size on disk, memory in a fresh capsule, and the time from its start to
/// its first answer (as a plain process of this machine, where nothing else is in the figure).
final class EnvdBench implements Bench {
    private static final String STATUS =
            "{\"cmd\":\"cat\",\"args\":[\"/proc/1/status\"]}"; // it is the first process

    @Override
    public String name() {
        return "envd";
    }

    @Override
    public int defaultRuns() {
        return 5;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var kernels = place.installation().host().resolve("kernels");
        var program = Initramfs.read(initramfs(kernels), "init");
        var started = new double[runs];
        var resident = new double[runs];
        var anonymous = new double[runs];
        for (int i = 0; i < runs; i++) {
            var id = place.api().create();
            try {
                var status = place.api().exec(id, STATUS);
                resident[i] = kib(status, "VmRSS");
                anonymous[i] = kib(status, "RssAnon");
            } finally {
                place.api().destroy(id);
            }
            started[i] = start(program);
            place.progress().say("envd: capsule %d of %d".formatted(i + 1, runs));
        }
        return List.of(
                Measure.of("envd_size", program.length, "bytes"),
                Measure.of("envd_rss", new Samples(resident).median(), "KiB"),
                Measure.of("envd_rss_anonymous", new Samples(anonymous).median(), "KiB"),
                Measure.of("envd_start", new Samples(started).median(), "ms"));
    }

    /// @return milliseconds from the start of the program until `/health` is answered
    private static double start(byte[] program) {
        try {
            var file = Files.createTempFile("wrenn-bench-envd-", "");
            try {
                Files.write(file, program);
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
                return start(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double start(Path file) throws IOException {
        long start = System.nanoTime();
        var process = new ProcessBuilder(file.toString(), "--listen", "127.0.0.1:0").start();
        try (var out = process.inputReader(US_ASCII)) {
            var address = out.readLine(); // its first line says where it listens
            var health = URI.create("http://" + address + "/health").toURL().openConnection();
            try (var answer = health.getInputStream()) {
                answer.readAllBytes();
            }
            return (System.nanoTime() - start) / 1e6;
        } finally {
            process.destroyForcibly();
        }
    }

    private static Path initramfs(Path kernels) {
        try (var files = Files.newDirectoryStream(kernels, "initramfs-*.cpio")) {
            for (var file : files) return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new BenchException(kernels + ": no initramfs");
    }

    private static double kib(String status, String field) {
        for (var line : status.split("\n")) {
            if (line.startsWith(field + ":")) {
                return Double.parseDouble(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new BenchException("/proc/1/status: no " + field);
    }
}
