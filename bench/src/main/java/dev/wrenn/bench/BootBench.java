package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;

/// API create to the first `exec true`, always a cold boot, beside bare QEMU.
final class BootBench implements Bench {
    private static final double MAX_RATIO = 1.25;
    private static final String EXEC = "{\"cmd\":\"true\"}";

    @Override
    public String name() {
        return "boot";
    }

    @Override
    public int defaultRuns() {
        return 10;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var floor = floor(place);
        var boots = new Side("wrenn", () -> product(place));
        var bare = new Side("floor", floor::boot);
        for (int i = 1; i <= runs; i++) {
            // Who goes first alternates: a slow drift of the machine hits both alike.
            var first = i % 2 == 1 ? boots : bare;
            first.run(place.progress(), i, runs);
            (first == boots ? bare : boots).run(place.progress(), i, runs);
        }
        var ours = boots.samples();
        var theirs = bare.samples();
        return List.of(
                Measure.ratio("boot_median", ours.median(), theirs.median(), "ms", MAX_RATIO),
                Measure.beside("boot_p90", ours.quantile(0.9), theirs.quantile(0.9), "ms"),
                Measure.beside("boot_max", ours.max(), theirs.max(), "ms"),
                Measure.exactly("boots_succeeded", ours.count(), "boots", runs),
                Measure.exactly("floor_boots_succeeded", theirs.count(), "boots", runs));
    }

    /// The floor runs what a capsule runs: its flags are read from a living one, which is also the
    /// warm-up of the product.
    private static Floor floor(Place place) {
        var host = place.installation().host();
        var id = place.api().create();
        try {
            var record = HostRecord.read(host, id);
            place.api().exec(id, EXEC);
            var disk = host.resolve("bench-floor-" + ProcessHandle.current().pid() + ".ext4");
            return new Floor(
                    place.root().resolve("bench/floor/bare-qemu"),
                    host.resolve("images/minimal/rootfs.ext4"),
                    disk,
                    FloorCommand.from(record.command(), disk.toString(), record::realPath),
                    place.http());
        } finally {
            place.api().destroy(id);
        }
    }

    private static double product(Place place) {
        long start = System.nanoTime();
        var id = place.api().create();
        try {
            place.api().exec(id, EXEC);
            return (System.nanoTime() - start) / 1e6;
        } finally {
            place.api().destroy(id);
        }
    }

    /// One of the two competitors. A boot that fails is counted, said, and not measured.
    private static final class Side {
        private final String name;
        private final DoubleSupplier boot;
        private final List<Double> times = new ArrayList<>();

        Side(String name, DoubleSupplier boot) {
            this.name = name;
            this.boot = boot;
        }

        void run(Progress progress, int turn, int turns) {
            try {
                double ms = boot.getAsDouble();
                times.add(ms);
                progress.say("boot %d of %d: %s %.0f ms".formatted(turn, turns, name, ms));
            } catch (BenchException e) {
                progress.say("boot %d of %d: %s failed: %s".formatted(turn, turns, name, e));
            }
        }

        Samples samples() {
            if (times.isEmpty()) throw new BenchException(name + ": no boot succeeded");
            return new Samples(times.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }
}
