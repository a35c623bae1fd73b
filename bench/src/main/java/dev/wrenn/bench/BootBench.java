package dev.wrenn.bench;

import java.util.List;
import java.util.Map;

/// API create to the first `exec true`, always a cold boot, beside bare QEMU.
final class BootBench implements Bench {
    private static final double MAX_RATIO = 1.25;

    /// The body of a first command.
    static final String EXEC = "{\"cmd\":\"true\"}";

    /// Settings of an installation in which every create boots.
    static final Map<String, String> COLD = Map.of("WRENN_WARM", "off");

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
        try (var installation = place.another(COLD)) {
            return run(place, installation, runs);
        }
    }

    private static List<Measure> run(Place place, Installation installation, int runs) {
        var floor = floor(place, installation);
        var api = place.api(installation);
        var boots = new Side("boot", "wrenn", () -> firstExec(api));
        var bare = new Side("boot", "floor", floor::boot);
        for (int i = 1; i <= runs; i++) Side.pair(place.progress(), i, runs, boots, bare);
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
    private static Floor floor(Place place, Installation installation) {
        var host = installation.host();
        var api = place.api(installation);
        var id = api.create();
        try {
            var record = HostRecord.read(host, id);
            api.exec(id, EXEC);
            var disk = host.resolve("bench-floor-" + ProcessHandle.current().pid() + ".ext4");
            return new Floor(
                    place.root().resolve("bench/floor/bare-qemu"),
                    host.resolve("images/minimal/rootfs.ext4"),
                    disk,
                    FloorCommand.from(record.command(), disk.toString(), record::realPath),
                    Floor.TOKEN,
                    place.http());
        } finally {
            api.destroy(id);
        }
    }

    /// @return milliseconds from the create until `true` has run
    static double firstExec(Api api) {
        long start = System.nanoTime();
        var id = api.create();
        try {
            api.exec(id, EXEC);
            return (System.nanoTime() - start) / 1e6;
        } finally {
            api.destroy(id);
        }
    }
}
