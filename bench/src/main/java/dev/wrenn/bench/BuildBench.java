package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// What a step of a build costs beside the same command by a direct call to envd, and what it costs
/// to make a disk a template beside `cp --sparse` of the same image.
final class BuildBench implements Bench {
    private static final double MOST_STEP_MS = 100;
    private static final double LEAST_COPY = 0.7;
    private static final int FEW = 5;
    private static final int MANY = 25;
    private static final int CALLS = 60;
    private static final String STEP = "RUN true";
    private static final List<String> SHELL = List.of("-c", "true");
    private static final List<String> FILL =
            List.of("RUN --timeout=5m head -c 256M /dev/urandom >/filled && sync");

    @Override
    public String name() {
        return "build";
    }

    @Override
    public int defaultRuns() {
        return 3;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var api = place.api();
        var token = place.installation().token(api);
        place.progress().say("build: direct calls");
        double direct = direct(place, api);
        var steps = new ArrayList<Double>();
        var flattened = new ArrayList<Double>();
        var copied = new ArrayList<Double>();
        for (int i = 1; i <= runs; i++) {
            place.progress().say("build: round " + i + " of " + runs);
            double few = millis(api.build(token, "bench-few", Collections.nCopies(FEW, STEP)));
            double many = millis(api.build(token, "bench-many", Collections.nCopies(MANY, STEP)));
            steps.add((many - few) / (MANY - FEW));
            api.build(token, "bench-filled", FILL);
            flattened.add(lastFlatten(place.installation()));
            copied.add(copy(place.installation().host()));
        }
        double step = median(steps);
        return List.of(
                Measure.beside("step", step, direct, "ms"),
                Measure.atMost("step_adds", step - direct, "ms", MOST_STEP_MS),
                Measure.of("flatten", median(flattened), "ms"),
                Measure.of("copy", median(copied), "ms"),
                Measure.atLeast(
                        "flatten_speed", median(copied) / median(flattened), "x", LEAST_COPY));
    }

    private static double direct(Place place, Api api) {
        var id = api.create();
        try {
            var record = HostRecord.read(place.installation().host(), id);
            var times = new double[CALLS];
            try (var envd = new Envd(place.http(), record.hostIp(), record.token())) {
                for (int i = -CALLS; i < CALLS; i++) {
                    long start = System.nanoTime();
                    envd.exec("/bin/sh", SHELL);
                    if (i >= 0) times[i] = (System.nanoTime() - start) / 1e6;
                }
            }
            return new Samples(times).median();
        } finally {
            api.destroy(id);
        }
    }

    private static double millis(JsonNode build) {
        return Duration.between(at(build, "started_at"), at(build, "completed_at")).toNanos() / 1e6;
    }

    private static Instant at(JsonNode build, String field) {
        return Instant.parse(build.path(field).stringValue());
    }

    /// As the agent logs it: from the call until the template's files are durable.
    private static double lastFlatten(Installation installation) {
        try {
            double took = -1;
            for (var line : Files.readAllLines(installation.log("agent"))) {
                var entry = LogLine.parse(line).filter(l -> l.says("disk flattened"));
                if (entry.isPresent()) took = Long.parseLong(entry.get().value("took_us")) / 1e3;
            }
            if (took < 0) throw new BenchException("the agent's log tells of no disk flattened");
            return took;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Copies the newest template's root file system, durably, without sharing blocks.
    private static double copy(Path host) {
        try (var files = Files.walk(host.resolve("images/teams"))) {
            var newest =
                    files.filter(file -> file.endsWith("rootfs.ext4"))
                            .max(Comparator.comparing(BuildBench::changed))
                            .orElseThrow(() -> new BenchException("no template in " + host));
            var copy = Files.createTempFile(host, "bench-", ".copy");
            try {
                long start = System.nanoTime();
                var cp =
                        new ProcessBuilder(
                                        "cp",
                                        "--sparse=always",
                                        "--reflink=never",
                                        newest.toString(),
                                        copy.toString())
                                .inheritIO()
                                .start();
                if (cp.waitFor() != 0) throw new BenchException("cp failed");
                if (new ProcessBuilder("sync", copy.toString()).start().waitFor() != 0)
                    throw new BenchException("sync failed");
                return (System.nanoTime() - start) / 1e6;
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in cp", e);
        }
    }

    private static Instant changed(Path file) {
        try {
            return Files.getLastModifiedTime(file).toInstant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double median(List<Double> values) {
        return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray()).median();
    }
}
