package dev.wrenn.host.capsule;

import dev.wrenn.host.network.Denials;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks, one capsule after the other, at what the rules have refused, and tells of what is new. A
/// look costs some milliseconds, so there are so many a second and no more, however many capsules
/// there are; and nobody is told of the same capsule more than once a minute.
final class DenialWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DenialWatch.class);

    private static final Duration PERIOD = Duration.ofSeconds(1);
    private static final int LOOKS = 2; // each period
    private static final Duration QUIET = Duration.ofMinutes(1);

    private final House house;
    private final Duration quiet;
    private final Deque<Capsule> round = new ArrayDeque<>(); // the timer's alone
    private final Map<Capsule, Told> told = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("denials").factory());

    /// What was told last: of which rules (a slot's begin anew with other policies), and when.
    private record Told(long incarnation, long total, long at) {}

    DenialWatch(House house, Duration quiet) {
        this.house = house;
        this.quiet = quiet;
    }

    static DenialWatch start(House house) {
        var watch = new DenialWatch(house, QUIET);
        long period = PERIOD.toMillis();
        watch.timer.scheduleWithFixedDelay(watch::look, period, period, TimeUnit.MILLISECONDS);
        return watch;
    }

    /// One period; never throws, as that would end the timer.
    void look() {
        try {
            if (round.isEmpty()) {
                round.addAll(house.capsules().values());
                told.keySet().retainAll(house.capsules().values());
            }
            for (int i = 0; i < LOOKS && !round.isEmpty(); i++) look(round.remove());
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("refused packets not looked for");
        }
    }

    private void look(Capsule capsule) {
        var slot = capsule.slot();
        var record = capsule.record();
        if (slot == null || record.phase() != Phase.RUNNING) return;
        try {
            tell(capsule, record.request().incarnation(), house.rooms().network().denials(slot));
        } catch (RuntimeException e) { // it has just been given back, for example
            LOG.atDebug().addKeyValue("capsule", capsule.id).setCause(e).log("no counters");
        }
    }

    private void tell(Capsule capsule, long incarnation, Denials now) {
        var last = told.getOrDefault(capsule, new Told(incarnation, 0, 0));
        boolean same = last.incarnation() == incarnation && last.total() <= now.total();
        long more = same ? now.total() - last.total() : now.total();
        long time = System.nanoTime();
        if (more == 0 || last.at() != 0 && time - last.at() < quiet.toNanos()) return;
        told.put(capsule, new Told(incarnation, now.total(), time));
        LOG.atInfo()
                .addKeyValue("capsule", capsule.id)
                .addKeyValue("packets", more)
                .addKeyValue("flows", now.flows())
                .log("refused");
        house.feed().tell(new Change.Denied(capsule.id, incarnation, more, now.flows()));
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
