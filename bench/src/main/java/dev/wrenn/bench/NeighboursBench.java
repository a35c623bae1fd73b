package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// What a capsule that burns everything it has does to its neighbours: `exec true` in three
/// capsules, one call after the other, while all is quiet, then beside a fourth that keeps its
/// processor, memory, disk, process table and network busy at once.
final class NeighboursBench implements Bench {
    private static final double MAX_RATIO = 2;
    private static final int QUIET = 3;
    private static final int WARM_UP = 50; // of each: the emulator translates the guest's code
    private static final Map<String, Object> WISHES = Map.of("memory_mb", 256);

    /// One loop for each thing to burn; each says that it began, and goes on until its capsule
    /// ends.
    private static final Map<String, String> BURNERS =
            Map.of(
                    "cpu", "while :; do :; done",
                    "memory", "while :; do head -c 120m /dev/zero | tail -c 120m >/dev/null; done",
                    "disk",
                            "while :; do dd if=/dev/zero of=/burn bs=1M count=256 conv=fsync"
                                    + " 2>/dev/null; done",
                    "pids", "while :; do (sleep 0.2 &); done",
                    "network", "while :; do head -c 8192 /dev/zero >/dev/udp/203.0.113.10/9; done");

    @Override
    public String name() {
        return "neighbours";
    }

    /// Calls in each of the three.
    @Override
    public int defaultRuns() {
        return 200;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var api = place.api();
        var all = new ArrayList<String>();
        try {
            for (int i = 0; i < QUIET; i++) all.add(api.create(WISHES));
            var neighbours = List.copyOf(all);
            place.progress().say("neighbours: warm-up");
            times(api, neighbours, WARM_UP);
            place.progress().say("neighbours: " + runs + " calls in each, all quiet");
            var quiet = times(api, neighbours, runs);
            var burner = api.create(WISHES);
            all.add(burner);
            var vmm = new Running(HostRecord.read(place.installation().host(), burner).pid());
            for (var burn : BURNERS.entrySet()) api.background(burner, background(burn.getValue()));
            place.progress().say("neighbours: " + runs + " calls in each, one burns");
            double before = vmm.cpuSeconds();
            long start = System.nanoTime();
            var busy = times(api, neighbours, runs);
            double cores = (vmm.cpuSeconds() - before) / ((System.nanoTime() - start) / 1e9);
            return List.of(
                    Measure.beside("exec_median", busy.median(), quiet.median(), "ms"),
                    Measure.ratio("exec_p99", busy.p99(), quiet.p99(), "ms", MAX_RATIO),
                    Measure.of("burner_cores", cores, "cores"));
        } finally {
            for (var id : all) api.destroy(id);
        }
    }

    private static String background(String script) {
        return JsonMapper.shared()
                .writeValueAsString(
                        Map.of(
                                "cmd",
                                "/bin/bash",
                                "args",
                                List.of("-c", script),
                                "background",
                                true));
    }

    private static Samples times(Api api, List<String> ids, int calls) {
        var times = new double[calls * ids.size()];
        for (int i = 0; i < times.length; i++) {
            long start = System.nanoTime();
            api.exec(ids.get(i % ids.size()), BootBench.EXEC);
            times[i] = (System.nanoTime() - start) / 1e6;
        }
        return new Samples(times);
    }
}
