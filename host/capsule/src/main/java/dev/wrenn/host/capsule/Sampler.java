package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.vmm.VmProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notes every 500 ms what each running VM takes, and lets those that compute without a pause
/// [yield][Courtesy]. It looks as the host sees it: the guest is not asked, so that it neither
/// wakes nor counts as used. A capsule that does not run is left alone; its history stays for a
/// while, for the control plane to keep. Thread-safe.
///
/// A sample reads one line of `/proc` and asks for the blocks of one file.
final class Sampler implements AutoCloseable {
    static final Duration PERIOD = Duration.ofMillis(500);

    /// How long a history is kept of a capsule that does not run, and of how many.
    static final Duration REST = Duration.ofMinutes(15);

    private static final int RESTING = 256; // some 6 MiB

    private static final Logger LOG = LoggerFactory.getLogger(Sampler.class);

    private final House house;
    private final LongSupplier nanos;
    private final int most;
    private final Map<CapsuleId, Watched> all = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("sampler").factory());

    /// The history of one capsule, and its VM as it was last seen; but for the history, the timer's
    /// alone.
    private static final class Watched {
        final MetricHistory history = new MetricHistory();
        @Nullable VmProcess vm;
        Duration cpu = Duration.ZERO;
        long at;
        private Courtesy courtesy = new Courtesy();
        private boolean yields;

        /// Another VM than before; an earlier life of the agent may have left it either way.
        void begin(VmProcess other, int vcpus) {
            vm = other;
            courtesy = new Courtesy();
            yields = false;
            other.yields(false, vcpus);
        }

        void yields(VmProcess same, double percent, int vcpus) {
            boolean now = courtesy.look(percent);
            if (now != yields) same.yields(now, vcpus);
            yields = now;
        }
    }

    /// @param most histories kept of capsules that do not run
    Sampler(House house, LongSupplier nanos, int most) {
        this.house = house;
        this.nanos = nanos;
        this.most = most;
    }

    static Sampler start(House house) {
        var sampler = new Sampler(house, System::nanoTime, RESTING);
        long period = PERIOD.toMillis();
        sampler.timer.scheduleWithFixedDelay(sampler::look, period, period, TimeUnit.MILLISECONDS);
        return sampler;
    }

    /// @return empty for a capsule that never ran here, or ended long ago
    Optional<MetricTiers> tiers(CapsuleId id) {
        return Optional.ofNullable(all.get(id)).map(watched -> watched.history.tiers());
    }

    /// How many histories there are.
    int count() {
        return all.size();
    }

    /// One round; never throws, as that would end the timer.
    void look() {
        try {
            for (var capsule : house.capsules().values()) look(capsule);
            forget();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("capsules not measured");
        }
    }

    private void look(Capsule capsule) {
        var vm = capsule.vm();
        var record = capsule.record();
        if (vm == null || record.phase() != Phase.RUNNING) return;
        try {
            var used = vm.usage();
            if (used.isEmpty()) return; // its end is being noticed
            long now = nanos.getAsLong();
            int vcpus = record.request().spec().vcpus();
            var watched = all.computeIfAbsent(capsule.id, _ -> new Watched());
            // The first look at a VM is what the second is compared with.
            if (watched.vm == vm && now > watched.at) {
                var disk = house.records().directory(capsule.id).resolve(FileRecords.DISK);
                double spent = used.get().cpu().minus(watched.cpu).toNanos();
                double had = (double) (now - watched.at) * vcpus;
                double percent = Math.clamp(100 * spent / had, 0, 100);
                watched.yields(vm, percent, vcpus);
                watched.history.add(
                        new MetricPoint(
                                house.clock().instant(),
                                percent,
                                used.get().residentBytes(),
                                house.rooms().storage().occupied(disk)));
            }
            if (watched.vm != vm) watched.begin(vm, vcpus);
            watched.cpu = used.get().cpu();
            watched.at = now;
        } catch (RuntimeException e) { // it has just ended, for example
            LOG.atDebug().addKeyValue("capsule", capsule.id).setCause(e).log("not measured");
        }
    }

    /// Histories of capsules that run stay; of the others those that ran last, for a while.
    private void forget() {
        long now = nanos.getAsLong();
        var resting = new ArrayList<Map.Entry<CapsuleId, Watched>>();
        for (var entry : all.entrySet()) {
            var capsule = house.capsules().get(entry.getKey());
            if (capsule == null || capsule.record().phase() != Phase.RUNNING) {
                entry.getValue().vm = null; // what it held must not stay with it
                if (now - entry.getValue().at > REST.toNanos()) all.remove(entry.getKey());
                else resting.add(entry);
            }
        }
        if (resting.size() <= most) return;
        resting.sort(Comparator.comparingLong(entry -> entry.getValue().at - now));
        for (var entry : resting.subList(0, resting.size() - most)) all.remove(entry.getKey());
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
