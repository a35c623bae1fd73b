package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Backoff;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Pauses capsules that nobody has used for longer than their idle timeout. One that cannot be
/// paused runs on and is tried again, at growing intervals.
final class Reaper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);

    /// How often it looks.
    static final Duration PERIOD = Duration.ofSeconds(2);

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);

    private final House house;
    private final Map<Capsule, Retry> retries = new ConcurrentHashMap<>();
    private final ScheduledExecutorService timer =
            Executors.newSingleThreadScheduledExecutor(
                    Thread.ofPlatform().daemon().name("reaper").factory());

    private Reaper(House house) {
        this.house = house;
    }

    static Reaper start(House house) {
        var reaper = new Reaper(house);
        long period = PERIOD.toMillis();
        reaper.timer.scheduleWithFixedDelay(reaper::look, period, period, TimeUnit.MILLISECONDS);
        return reaper;
    }

    /// When a capsule may be tried again.
    private static final class Retry {
        private final Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, new Random());
        private volatile long notBefore;

        void failed() {
            notBefore = System.nanoTime() + backoff.next().toNanos();
        }

        boolean waits() {
            return System.nanoTime() - notBefore < 0;
        }
    }

    /// One round; never throws, as that would end the timer.
    void look() {
        try {
            retries.keySet().retainAll(house.capsules().values());
            for (var capsule : house.capsules().values()) if (isIdle(capsule)) pause(capsule);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("idle capsules not looked for");
        }
    }

    private boolean isIdle(Capsule capsule) {
        var record = capsule.record();
        var timeout = record.request().spec().idleTimeout();
        if (record.phase() != Phase.RUNNING || timeout.isZero()) return false;
        if (capsule.activity.idle().compareTo(timeout) < 0) return false;
        var retry = retries.get(capsule);
        return retry == null || !retry.waits();
    }

    private void pause(Capsule capsule) {
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("idle for too long");
        capsule.pause(PauseReason.IDLE)
                .whenComplete((outcome, failure) -> {
                    if (failure == null && outcome instanceof SaveOutcome.Done)
                        retries.remove(capsule);
                    else retries.computeIfAbsent(capsule, _ -> new Retry()).failed();
                });
    }

    @Override
    public void close() {
        timer.shutdownNow();
    }
}
