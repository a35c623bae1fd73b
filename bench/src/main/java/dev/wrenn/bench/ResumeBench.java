package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// API resume to the first `exec true`, beside bare QEMU restoring the paused image; in guests of
/// two sizes, and with the pager how many faults the recorded working set leaves.
final class ResumeBench implements Bench {
    private static final double MAX_RATIO = 1.4;
    private static final double MAX_SIZE_RATIO = 1.15;
    private static final double MAX_FAULTS_PERCENT = 5;
    private static final int SMALL = 256;
    private static final int LARGE = 1024;
    private static final int PAGER_TURNS = 5;
    private static final Map<String, String> PAGER = Map.of("WRENN_RESTORE", "pager");

    @Override
    public String name() {
        return "resume";
    }

    @Override
    public int defaultRuns() {
        return 20;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var results = new ArrayList<Measure>();
        try (var restorer = Restorer.of(place)) {
            var small = new Size(place, restorer, SMALL);
            var large = new Size(place, restorer, LARGE);
            try {
                for (int i = 1; i <= runs; i++) {
                    small.turn(i, runs);
                    large.turn(i, runs);
                }
            } finally {
                small.destroy();
                large.destroy();
            }
            var ours = small.ours.samples();
            var theirs = small.theirs.samples();
            var wide = large.ours.samples();
            results.add(
                    Measure.ratio(
                            "resume_median", ours.median(), theirs.median(), "ms", MAX_RATIO));
            results.add(
                    Measure.beside("resume_p90", ours.quantile(0.9), theirs.quantile(0.9), "ms"));
            results.add(Measure.beside("resume_max", ours.max(), theirs.max(), "ms"));
            results.add(
                    Measure.beside(
                            "resume_1024_median",
                            wide.median(),
                            large.theirs.samples().median(),
                            "ms"));
            results.add(
                    Measure.ratio(
                            "resume_1024_over_256",
                            wide.median(),
                            ours.median(),
                            "ms",
                            MAX_SIZE_RATIO));
            results.add(
                    Measure.exactly(
                            "resumes_succeeded", ours.count() + wide.count(), "resumes", 2 * runs));
        }
        results.addAll(prefetch(place));
        return results;
    }

    /// One capsule that is paused and resumed again and again, and the floor of its last image.
    private static final class Size {
        private final Place place;
        private final Restorer restorer;
        private final String id;
        private final String token;
        private final List<String> command;
        final Side ours;
        final Side theirs;
        private Floor floor;

        Size(Place place, Restorer restorer, int mib) {
            this.place = place;
            this.restorer = restorer;
            this.id = place.api().create(Map.of("memory_mb", mib));
            place.api().exec(id, BootBench.EXEC);
            place.api().pause(id); // warm-up
            place.api().resume(id);
            place.api().exec(id, BootBench.EXEC);
            var record = HostRecord.read(place.installation().host(), id);
            this.token = record.token();
            this.command = record.command();
            place.api().pause(id);
            this.floor = floor();
            place.api().resume(id);
            this.ours = new Side("resume of " + mib + " MiB", "wrenn", this::resume);
            this.theirs = new Side("resume of " + mib + " MiB", "floor", () -> floor.boot());
        }

        void turn(int turn, int turns) {
            place.api().pause(id);
            floor = floor();
            Side.pair(place.progress(), turn, turns, ours, theirs);
            if (!place.api().status(id).equals("running")) place.api().resume(id);
        }

        private Floor floor() {
            return restorer.floor(command, Stored.paused(place.installation().host(), id), token);
        }

        private double resume() {
            long start = System.nanoTime();
            place.api().resume(id);
            place.api().exec(id, BootBench.EXEC);
            return (System.nanoTime() - start) / 1e6;
        }

        void destroy() {
            place.api().destroy(id);
        }
    }

    /// A first resume records the working set; those after it have it brought in.
    private static List<Measure> prefetch(Place place) {
        try (var installation = place.another(PAGER)) {
            var api = place.api(installation);
            var id = api.create(Map.of("memory_mb", SMALL));
            var shares = new double[PAGER_TURNS];
            double set = 0;
            try {
                use(api, id);
                api.pause(id);
                api.resume(id); // records
                use(api, id);
                for (int i = 0; i < PAGER_TURNS; i++) {
                    api.pause(id);
                    api.resume(id);
                    use(api, id);
                    api.pause(id); // ends the pager's session, which says what it counted
                    var session = PagerLog.last(installation.log("pager"), id);
                    set = session.workingSet();
                    shares[i] = 100.0 * session.early() / set;
                    place.progress()
                            .say("prefetch %d of %d: %s".formatted(i + 1, PAGER_TURNS, session));
                    api.resume(id);
                    use(api, id);
                }
            } finally {
                api.destroy(id);
            }
            return List.of(
                    Measure.of("working_set", set, "clusters"),
                    Measure.atMost(
                            "faults_of_first_second",
                            new Samples(shares).median(),
                            "% of the set",
                            MAX_FAULTS_PERCENT));
        }
    }

    /// A first command, and then a full second of a running guest.
    private static void use(Api api, String id) {
        api.exec(id, BootBench.EXEC);
        api.exec(id, "{\"cmd\":\"sleep\",\"args\":[\"1\"]}");
    }
}
