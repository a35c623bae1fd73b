package dev.wrenn.bench;

import java.util.List;

/// `exec true` through the API, beside the same call made directly to envd in the same capsule,
/// while 50 streams of a second capsule are open, 5 of them busy.
final class ExecBench implements Bench {
    private static final double MAX_MEDIAN_MS = 3;
    private static final double MAX_P99_MS = 15;
    private static final int CALLS = 4000; // warm-up: the way, without a process at its end
    private static final int PAIRS = 1500; // warm-up: all of it, until what it needs is compiled
    private static final int STREAMS = 50;
    private static final int BUSY = 5;
    private static final String EXEC = "{\"cmd\":\"true\"}";

    @Override
    public String name() {
        return "exec";
    }

    @Override
    public int defaultRuns() {
        return 1000;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        var id = place.api().create();
        var talker = place.api().create();
        try {
            var record = HostRecord.read(place.installation().host(), id);
            try (var envd = new Envd(place.http(), record.hostIp(), record.token());
                    var streams = BusyStreams.open(place.api(), talker, STREAMS, BUSY)) {
                Runnable api = () -> place.api().exec(id, EXEC);
                place.progress().say("exec: warm-up");
                measure(() -> place.api().execMissing(id), envd::execMissing, CALLS);
                measure(api, envd::execTrue, PAIRS);
                place.progress().say("exec: " + runs + " pairs");
                long start = System.nanoTime();
                long before = streams.messages();
                var pairs = measure(api, envd::execTrue, runs);
                double seconds = (System.nanoTime() - start) / 1e9;
                double rate = (streams.messages() - before) / seconds;
                if (rate == 0) throw new BenchException("the busy streams are silent");
                return results(new Samples(pairs[0]), new Samples(pairs[1]), rate);
            }
        } finally {
            place.api().destroy(talker);
            place.api().destroy(id);
        }
    }

    private static double[][] measure(Runnable a, Runnable b, int pairs) {
        var times = new double[2][pairs];
        for (int i = 0; i < pairs; i++) {
            boolean odd = i % 2 == 1; // who goes first alternates
            if (odd) times[1][i] = time(b);
            times[0][i] = time(a);
            if (!odd) times[1][i] = time(b);
        }
        return times;
    }

    private static double time(Runnable call) {
        long start = System.nanoTime();
        call.run();
        return (System.nanoTime() - start) / 1e6;
    }

    private static List<Measure> results(Samples api, Samples direct, double streamRate) {
        return List.of(
                Measure.of("stream_messages", streamRate, "1/s"),
                Measure.beside("exec_median", api.median(), direct.median(), "ms"),
                Measure.beside("exec_p99", api.p99(), direct.p99(), "ms"),
                Measure.atMost(
                        "overhead_median", api.median() - direct.median(), "ms", MAX_MEDIAN_MS),
                Measure.atMost("overhead_p99", api.p99() - direct.p99(), "ms", MAX_P99_MS));
    }
}
