package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.control.domain.StoreUnavailableException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings events to channels: each at least once, in order for each resource, without one channel
/// waiting for another. Every control plane runs one; what a dead one had claimed is claimed again
/// within a second or two. Thread-safe.
public final class Dispatcher implements AutoCloseable {
    /// How long after each failed attempt the next one is; then it is given up.
    public static final List<Duration> RETRIES =
            List.of(Duration.ofSeconds(10), Duration.ofSeconds(30));

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    /// More than an attempt takes.
    private static final Duration LEASE = Duration.ofSeconds(15);

    private static final Duration PULSE = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(100);

    /// Between claims: what is over or has come meanwhile costs one claim and not one each.
    private static final Duration PACE = Duration.ofMillis(10);

    private static final Duration REST = Duration.ofSeconds(30); // of a channel that keeps failing
    private static final Duration LONGEST_WISH = Duration.ofMinutes(5); // of a tool
    private static final Duration LAST_NOTES = Duration.ofSeconds(5);
    private static final int FAILURES = 5;
    private static final int EACH = 16;
    private static final int AT_ONCE = 256;

    private final DeliveryStore store;
    private final Map<String, Provider> providers;
    private final Seals seals;
    private final Courier courier;
    private final InstantSource clock;
    private final List<Duration> retries;
    private final Semaphore free = new Semaphore(AT_ONCE);
    private final Semaphore wake = new Semaphore(0);
    private final LinkedBlockingQueue<DeliveryStore.Taken> taken = new LinkedBlockingQueue<>();
    private final ConcurrentHashMap<ChannelId, AtomicInteger> busy = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ChannelId, Trouble> troubled = new ConcurrentHashMap<>();
    private Instant pulse = Instant.EPOCH; // of the last one, by the thread that works
    private volatile @Nullable Thread noting;
    private volatile boolean closed;

    /// @param failures one after the other
    /// @param until nothing is sent
    private record Trouble(int failures, Instant until) {}

    /// @param retries how long after each failed attempt the next one is
    public Dispatcher(
            DeliveryStore store,
            Map<String, Provider> providers,
            Seals seals,
            Courier courier,
            InstantSource clock,
            List<Duration> retries) {
        this.store = store;
        this.providers = Map.copyOf(providers);
        this.seals = seals;
        this.courier = courier;
        this.clock = clock;
        this.retries = List.copyOf(retries);
    }

    /// Works on threads of its own until closed.
    public void start() {
        Thread.ofVirtual().name("dispatcher").start(this::run);
        noting = Thread.ofVirtual().name("deliveries-taken").start(this::note);
    }

    private void run() {
        try {
            while (!closed) {
                int claimed = 0;
                try {
                    claimed = round();
                } catch (StoreUnavailableException e) {
                    LOG.atDebug().log("deliveries wait: no database");
                } catch (RuntimeException e) {
                    LOG.atError().setCause(e).log("a round of deliveries failed; goes on");
                }
                if (claimed == AT_ONCE) continue;
                Thread.sleep(PACE);
                if (claimed > 0) continue;
                if (wake.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS)) wake.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int round() {
        beat();
        int room = Math.min(free.availablePermits(), AT_ONCE);
        if (room == 0) return 0;
        var claimed = store.claim(resting(), EACH, room, LEASE);
        for (var delivery : claimed) {
            free.acquireUninterruptibly();
            busy.computeIfAbsent(delivery.channel(), _ -> new AtomicInteger()).incrementAndGet();
            Thread.ofVirtual().name("delivery").start(() -> attend(delivery));
        }
        return claimed.size();
    }

    private void beat() {
        var now = clock.instant();
        if (now.isBefore(pulse.plus(PULSE))) return;
        int released = store.releaseOfTheGone();
        pulse = now;
        if (released > 0) LOG.atInfo().log("{} deliveries of a gone control plane", released);
    }

    /// Channels that are busy or in trouble.
    private Set<ChannelId> resting() {
        var all = new HashSet<ChannelId>();
        busy.forEach((channel, count) -> {
            if (count.get() > 0) all.add(channel);
        });
        var now = clock.instant();
        troubled.forEach((channel, trouble) -> {
            if (trouble.failures >= FAILURES && now.isBefore(trouble.until)) all.add(channel);
        });
        return all;
    }

    /// Notes what was taken, as many at once as came together while the last ones were noted.
    private void note() {
        try {
            while (!closed || !taken.isEmpty()) {
                var first = taken.poll(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                if (first == null) continue;
                var some = new ArrayList<DeliveryStore.Taken>(List.of(first));
                taken.drainTo(some, AT_ONCE - 1);
                try {
                    store.done(some);
                } catch (StoreUnavailableException e) {
                    LOG.atDebug().log("{} deliveries are told again: no database", some.size());
                } catch (RuntimeException e) {
                    LOG.atError().setCause(e).log("{} deliveries not noted", some.size());
                } finally {
                    for (var one : some) over(one.delivery());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void attend(DeliveryStore.Claimed delivery) {
        boolean handedOver = false;
        try {
            handedOver = settle(delivery, attempt(delivery));
        } catch (StoreUnavailableException e) {
            LOG.atDebug().log("a delivery is told again: no database");
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("channel", delivery.channel()).setCause(e).log("delivery");
        } finally {
            if (!handedOver) over(delivery);
        }
    }

    private void over(DeliveryStore.Claimed delivery) {
        busy.computeIfPresent(
                delivery.channel(), (_, count) -> count.decrementAndGet() == 0 ? null : count);
        free.release();
        wake.release();
    }

    private Delivered attempt(DeliveryStore.Claimed delivery) {
        var provider = providers.get(delivery.provider());
        if (provider == null)
            return new Delivered.Never("provider not known here", Optional.empty());
        try {
            var config = seals.open(delivery.channel(), delivery.sealed());
            return courier.deliver(
                    provider.request(config, Message.of(delivery.id(), delivery.item())));
        } catch (Seals.BrokenException e) {
            return new Delivered.Never("configuration cannot be opened", Optional.empty());
        }
    }

    /// @return whether it is noted together with others, and not over before
    private boolean settle(DeliveryStore.Claimed delivery, Delivered outcome) {
        switch (outcome) {
            case Delivered.Done(int status) -> {
                troubled.remove(delivery.channel());
                return taken.add(new DeliveryStore.Taken(delivery, status));
            }
            case Delivered.Later(var words, var status, var after) -> {
                if (after.isEmpty()) trouble(delivery.channel());
                if (delivery.attempts() >= retries.size()) {
                    giveUp(delivery, words);
                    store.failed(delivery, words, status);
                } else {
                    var pause = retries.get(delivery.attempts());
                    var wish = after.filter(a -> a.compareTo(pause) > 0).orElse(pause);
                    var bound = wish.compareTo(LONGEST_WISH) > 0 ? LONGEST_WISH : wish;
                    store.later(delivery, words, status, bound);
                }
            }
            case Delivered.Never(var words, var status) -> {
                giveUp(delivery, words);
                store.failed(delivery, words, status);
            }
        }
        return false;
    }

    private void trouble(ChannelId channel) {
        troubled.merge(
                channel,
                new Trouble(1, clock.instant()),
                (before, _) -> new Trouble(before.failures + 1, clock.instant().plus(REST)));
    }

    private static void giveUp(DeliveryStore.Claimed delivery, String words) {
        LOG.atWarn()
                .addKeyValue("channel", delivery.channel())
                .addKeyValue("delivery", delivery.id())
                .log("delivery given up: {}", words);
    }

    @Override
    public void close() {
        closed = true;
        wake.release();
        var thread = noting;
        if (thread == null) return;
        try {
            if (!thread.join(LAST_NOTES)) LOG.atWarn().log("deliveries not noted are told again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
