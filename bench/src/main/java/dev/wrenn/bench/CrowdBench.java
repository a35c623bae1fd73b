package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/// Many capsules at once: 20 creates asked for at one moment beside 20 bare QEMUs that restore the
/// same image, and what 40 idle clones cost in memory and processor time beside 40 bare ones.
final class CrowdBench implements Bench {
    private static final int BURST = 20;
    private static final double MAX_BURST_RATIO = 1.5;
    private static final int CLONES = 40;
    private static final double MAX_PSS_RATIO = 1.3;
    private static final double MAX_IDLE_PERCENT = 0.5;
    private static final long SETTLE_SECONDS = 20;
    private static final long IDLE_SECONDS = 30;
    private static final int MIB = 256;
    private static final Map<String, Object> WISHES = Map.of("memory_mb", MIB);

    @Override
    public String name() {
        return "crowd";
    }

    @Override
    public int defaultRuns() {
        return 3;
    }

    @Override
    public List<Measure> run(Place place, int runs) {
        try (var restorer = Restorer.of(place)) {
            var warm = WarmImage.made(place, MIB);
            var results = new ArrayList<>(burst(place, restorer, warm, runs));
            results.addAll(idle(place, restorer, warm));
            return results;
        }
    }

    private static List<Measure> burst(Place place, Restorer restorer, WarmImage warm, int runs) {
        var ours = new Side("last of " + BURST, "wrenn", () -> ourBurst(place.api()));
        var theirs = new Side("last of " + BURST, "floor", () -> bareBurst(restorer, warm));
        for (int i = 1; i <= runs; i++) Side.pair(place.progress(), i, runs, ours, theirs);
        var product = ours.samples();
        var floor = theirs.samples();
        return List.of(
                Measure.ratio(
                        "burst_last_ready",
                        product.median(),
                        floor.median(),
                        "ms",
                        MAX_BURST_RATIO),
                Measure.exactly("bursts_succeeded", product.count(), "bursts", runs),
                Measure.exactly("floor_bursts_succeeded", floor.count(), "bursts", runs));
    }

    /// @return milliseconds until `true` has run in the last one
    private static double ourBurst(Api api) {
        long start = System.nanoTime();
        var ids = atOnce(BURST, i -> () -> created(api));
        double millis = (System.nanoTime() - start) / 1e6;
        for (var id : ids) api.destroy(id);
        return millis;
    }

    private static String created(Api api) {
        var id = api.create(WISHES);
        api.exec(id, BootBench.EXEC);
        return id;
    }

    private static double bareBurst(Restorer restorer, WarmImage warm) {
        var ready = new ArrayList<Floor.Ready>();
        for (int i = 0; i < BURST; i++) ready.add(restorer.floor(warm).prepare());
        long start = System.nanoTime();
        var vms = atOnce(BURST, i -> () -> ready.get(i).go());
        double millis = (System.nanoTime() - start) / 1e6;
        for (var vm : vms) vm.close();
        return millis;
    }

    /// What makes the task with this number.
    private interface Tasks<T> {
        Callable<T> task(int number);
    }

    private static <T> List<T> atOnce(int count, Tasks<T> tasks) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var futures = new ArrayList<Future<T>>();
            for (int i = 0; i < count; i++) futures.add(threads.submit(tasks.task(i)));
            var results = new ArrayList<T>();
            for (var future : futures) results.add(future.get());
            return results;
        } catch (ExecutionException e) {
            throw new BenchException(count + " at once: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in " + count + " at once", e);
        }
    }

    private static List<Measure> idle(Place place, Restorer restorer, WarmImage warm) {
        var api = place.api();
        var host = place.installation().host();
        var ids = new ArrayList<String>();
        Idle product;
        try {
            for (int i = 0; i < CLONES; i++) ids.add(created(api));
            place.progress().say(CLONES + " idle capsules");
            product =
                    Idle.of(
                            ids.stream()
                                    .map(id -> new Running(HostRecord.read(host, id).pid()))
                                    .toList());
        } finally {
            for (var id : ids) api.destroy(id);
        }
        var bare = new ArrayList<Floor.Vm>();
        Idle floor;
        try {
            for (int i = 0; i < CLONES; i++) bare.add(restorer.floor(warm).start());
            place.progress().say(CLONES + " idle bare QEMUs");
            floor = Idle.of(bare.stream().map(vm -> Running.below(vm.pid())).toList());
        } finally {
            for (var vm : bare) vm.close();
        }
        return List.of(
                Measure.ratio("idle_pss", product.pssMib(), floor.pssMib(), "MiB", MAX_PSS_RATIO),
                Measure.atMost("idle_cpu", product.cpuPercent(), "%", MAX_IDLE_PERCENT),
                Measure.of("floor_idle_cpu", floor.cpuPercent(), "%"));
    }

    /// Means of one VM: its share of memory, and of a core while nobody talks to it.
    private record Idle(double pssMib, double cpuPercent) {
        static Idle of(List<Running> vmms) {
            rest(SETTLE_SECONDS);
            double before = seconds(vmms);
            long start = System.nanoTime();
            rest(IDLE_SECONDS);
            double took = (System.nanoTime() - start) / 1e9;
            double busy = seconds(vmms) - before;
            double pss = vmms.stream().mapToDouble(Running::pssKib).sum() / 1024;
            return new Idle(pss / vmms.size(), 100 * busy / took / vmms.size());
        }

        private static double seconds(List<Running> vmms) {
            return vmms.stream().mapToDouble(Running::cpuSeconds).sum();
        }

        /// The measured time itself.
        private static void rest(long seconds) {
            try {
                TimeUnit.SECONDS.sleep(seconds);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted while VMs were idle", e);
            }
        }
    }
}
