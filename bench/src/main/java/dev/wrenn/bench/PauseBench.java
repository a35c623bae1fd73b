package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a save costs a running capsule: the time its processors stand still (blackout) and the
/// whole of it, by how much memory was rewritten since the last save, in guests of two sizes; and
/// beside the same save of a bare QEMU.
final class PauseBench implements Bench {
    private static final int[] DIRTY_MIB = {0, 8, 32, 128};
    private static final int[] GUEST_MIB = {256, 1024};
    private static final int FLOOR_DIRTY_MIB = 24;
    private static final double MIN_R_SQUARED = 0.95;
    private static final double MAX_SIZE_RATIO = 1.15;
    private static final double MAX_RATIO = 1.5;

    @Override
    public String name() {
        return "pause";
    }

    @Override
    public int defaultRuns() {
        return 10;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var results = new ArrayList<Measure>();
        var saves = saves(place, runs);
        var points = new ArrayList<Fit.Point>();
        for (var entry : saves.entrySet()) {
            var level = entry.getKey();
            double blackout = entry.getValue().blackout().median();
            points.add(new Fit.Point(level.dirty(), blackout));
            results.add(Measure.of(level.name("blackout"), blackout, "ms"));
            results.add(Measure.of(level.name("total"), entry.getValue().total().median(), "ms"));
        }
        results.add(
                Measure.atLeast(
                        "blackout_fit_r2", Fit.rSquared(points), "of variance", MIN_R_SQUARED));
        for (int dirty : DIRTY_MIB) {
            double large = of(saves, GUEST_MIB[1], dirty).blackout().median();
            double small = of(saves, GUEST_MIB[0], dirty).blackout().median();
            results.add(
                    Measure.ratio(
                            "1024_over_256_dirty_" + dirty, large, small, "ms", MAX_SIZE_RATIO));
        }
        results.addAll(besideFloor(place, runs));
        return results;
    }

    /// @param guest MiB of RAM
    /// @param dirty MiB rewritten before the save
    private record Level(int guest, int dirty) {
        String name(String what) {
            return what + "_" + guest + "_dirty_" + dirty;
        }
    }

    /// Saves of one level, in milliseconds.
    private record Saves(List<Double> blackouts, List<Double> totals) {
        Saves() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(HostRecord.SaveTimes times) {
            blackouts.add(times.blackoutMs());
            totals.add(times.totalMs());
        }

        Samples blackout() {
            return samples(blackouts);
        }

        Samples total() {
            return samples(totals);
        }

        private static Samples samples(List<Double> values) {
            return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray());
        }
    }

    private static Saves of(Map<Level, Saves> saves, int guest, int dirty) {
        return saves.getOrDefault(new Level(guest, dirty), new Saves());
    }

    /// Snapshots of capsules that run on, all levels by turns.
    private static Map<Level, Saves> saves(Place place, int runs) {
        var api = place.api();
        var ids = new LinkedHashMap<Integer, String>();
        var saves = new LinkedHashMap<Level, Saves>();
        try {
            for (int guest : GUEST_MIB) {
                var id = api.create(Map.of("memory_mb", guest));
                ids.put(guest, id);
                Dirtier.start(api.guest(id));
                Dirtier.rewrite(api.guest(id), DIRTY_MIB[DIRTY_MIB.length - 1]);
                api.saveOnce(id); // the first one saves what the guest wrote since its start
            }
            for (int i = 1; i <= runs; i++) {
                for (int dirty : DIRTY_MIB) {
                    for (int guest : GUEST_MIB) {
                        var id = ids.getOrDefault(guest, "");
                        Dirtier.rewrite(api.guest(id), dirty);
                        var times = save(place, id);
                        saves.computeIfAbsent(new Level(guest, dirty), _ -> new Saves()).add(times);
                        place.progress()
                                .say(
                                        "save %d of %d: %d MiB dirty of %d: %s"
                                                .formatted(i, runs, dirty, guest, times));
                    }
                }
            }
            return saves;
        } finally {
            ids.values().forEach(api::destroy);
        }
    }

    /// A capsule and a bare QEMU, both restored from the warm image, rewrite the same memory in the
    /// same way and are saved once.
    private static List<Measure> besideFloor(Place place, int runs) {
        int guest = GUEST_MIB[0];
        var api = place.api();
        var host = place.installation().host();
        var image = Stored.warm(host, guest);
        var size = Map.<String, Object>of("memory_mb", guest);
        try (var restorer = Restorer.of(place);
                var saver = new FloorSaver(host)) {
            var id = api.create(size);
            List<String> command;
            try {
                command = HostRecord.read(host, id).command();
            } finally {
                api.destroy(id);
            }
            var floor = restorer.floor(command, image, Floor.TOKEN, saver.fifos());
            var ours = new Side("save", "wrenn", () -> product(place, size));
            var theirs = new Side("save", "floor", () -> saver.save(floor, FLOOR_DIRTY_MIB));
            for (int i = 1; i <= runs; i++) Side.pair(place.progress(), i, runs, ours, theirs);
            return List.of(
                    Measure.ratio(
                            "blackout_dirty_" + FLOOR_DIRTY_MIB,
                            ours.samples().median(),
                            theirs.samples().median(),
                            "ms",
                            MAX_RATIO),
                    Measure.exactly("saves_succeeded", ours.samples().count(), "saves", runs),
                    Measure.exactly("floor_succeeded", theirs.samples().count(), "saves", runs));
        }
    }

    private static HostRecord.SaveTimes save(Place place, String id) {
        place.api().saveOnce(id);
        return HostRecord.SaveTimes.read(place.installation().host(), id);
    }

    private static double product(Place place, Map<String, Object> size) {
        var api = place.api();
        var id = api.create(size);
        try {
            Dirtier.start(api.guest(id));
            Dirtier.rewrite(api.guest(id), FLOOR_DIRTY_MIB);
            return save(place, id).blackoutMs();
        } finally {
            api.destroy(id);
        }
    }
}
