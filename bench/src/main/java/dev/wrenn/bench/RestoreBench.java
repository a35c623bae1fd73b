package dev.wrenn.bench;

import java.util.List;
import java.util.Map;

/// API create to the first `exec true` where a warm image is there, beside bare QEMU restoring that
/// very image; the same where a VM waits, which is what an installation does by default; and cold
/// boots of the product in the same run.
final class RestoreBench implements Bench {
    private static final double MAX_RATIO = 1.3;
    private static final double MIN_SPEEDUP = 8;
    private static final int TURNS_PER_BOOT = 4;
    private static final int MIB = 512; // what a create without wishes gets

    @Override
    public String name() {
        return "restore";
    }

    @Override
    public int defaultRuns() {
        return 20;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        try (var restorer = Restorer.of(place);
                var ready = place.another(Map.of("WRENN_WAITING_VMS", "2"));
                var cold = place.another(BootBench.COLD)) {
            var floor = restorer.floor(WarmImage.made(place, MIB));
            var ours = new Side("restore", "wrenn", () -> BootBench.firstExec(place.api()));
            var theirs = new Side("restore", "floor", floor::boot);
            var coldApi = place.api(cold);
            BootBench.firstExec(coldApi); // its warm-up
            var boots = new Side("boot", "wrenn", () -> BootBench.firstExec(coldApi));
            var readyApi = place.api(ready);
            BootBench.firstExec(readyApi); // its warm-up
            var waiting = new Side("create", "wrenn", () -> BootBench.firstExec(readyApi));
            for (int i = 1; i <= runs; i++) {
                WaitingVms.await(ready.log("agent"), 2);
                waiting.run(place.progress(), i, runs);
                WaitingVms.await(ready.log("agent"), 2);
                Side.pair(place.progress(), i, runs, ours, theirs);
                if (i % TURNS_PER_BOOT == 1) boots.run(place.progress(), i, runs);
            }
            return results(
                    waiting.samples(), ours.samples(), theirs.samples(), boots.samples(), runs);
        }
    }

    private static List<Measure> results(
            Samples waiting, Samples ours, Samples theirs, Samples boots, int runs) {
        return List.of(
                Measure.ratio("create_median", waiting.median(), theirs.median(), "ms", MAX_RATIO),
                Measure.beside("create_p90", waiting.quantile(0.9), theirs.quantile(0.9), "ms"),
                Measure.exactly("creates_succeeded", waiting.count(), "creates", runs),
                Measure.ratio("restore_median", ours.median(), theirs.median(), "ms", MAX_RATIO),
                Measure.beside("restore_p90", ours.quantile(0.9), theirs.quantile(0.9), "ms"),
                Measure.beside("restore_max", ours.max(), theirs.max(), "ms"),
                Measure.exactly("restores_succeeded", ours.count(), "creates", runs),
                Measure.exactly("floor_succeeded", theirs.count(), "restores", runs),
                Measure.of("boot_median", boots.median(), "ms"),
                Measure.atLeast(
                        "speedup_over_boot",
                        boots.median() / waiting.median(),
                        "times",
                        MIN_SPEEDUP),
                Measure.of("speedup_of_a_restore", boots.median() / ours.median(), "times"));
    }
}
