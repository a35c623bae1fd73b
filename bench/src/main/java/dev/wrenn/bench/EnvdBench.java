package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The guest agent itself: size on disk and memory in a fresh capsule.
final class EnvdBench implements Bench {
    private static final String STATUS =
            "{\"cmd\":\"cat\",\"args\":[\"/proc/1/status\"]}"; // it is the first process

    @Override
    public String name() {
        return "envd";
    }

    @Override
    public int defaultRuns() {
        return 3;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
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
            place.progress().say("envd: capsule %d of %d".formatted(i + 1, runs));
        }
        var kernels = place.installation().host().resolve("kernels");
        return List.of(
                Measure.of("envd_size", Initramfs.sizeOf(initramfs(kernels), "init"), "bytes"),
                Measure.of("envd_rss", new Samples(resident).median(), "KiB"),
                Measure.of("envd_rss_anonymous", new Samples(anonymous).median(), "KiB"));
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
