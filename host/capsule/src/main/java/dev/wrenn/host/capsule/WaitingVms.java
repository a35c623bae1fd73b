package dev.wrenn.host.capsule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.KernelImage;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// VMs restored ahead of demand from the warm images used last. One thread makes them, while no
/// capsule is on its way and none was for [#QUIET]; they are given up when their image was not
/// asked for during [#LINGER], and at once when a capsule needs the room. They stand still: a
/// waiting VM costs the memory it has touched and a network slot, and no processor time.
/// Thread-safe.
final class WaitingVms implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingVms.class);

    /// After a boot its user comes first.
    static final Duration QUIET = Duration.ofMillis(500);

    static final Duration LINGER = Duration.ofSeconds(20);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    /// How to make more of a kind.
    ///
    /// @param key of the warm image
    record Recipe(String key, CapsuleSpec spec, TemplateId template, KernelImage kernel) {}

    /// Makes one VM.
    interface Maker {
        /// @return empty when it cannot be made at present
        Optional<WaitingVm> make(Recipe recipe) throws IOException, InterruptedException;
    }

    private record Waiting(Recipe recipe, WaitingVm vm) {
        boolean is(String key) {
            return recipe.key().equals(key);
        }
    }

    private record Wish(Recipe recipe, long since) {}

    private final Admission admission;
    private final int most;
    private final ReentrantLock lock = new ReentrantLock(); // nothing slow is done under it
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final List<Waiting> waiting = new ArrayList<>(); // oldest first

    @GuardedBy("lock")
    private final LinkedHashMap<String, Wish> wanted = new LinkedHashMap<>(); // asked last: last

    @GuardedBy("lock")
    private int booting;

    @GuardedBy("lock")
    private long notBefore = System.nanoTime();

    @GuardedBy("lock")
    private long reclaims;

    @GuardedBy("lock")
    private @Nullable Thread thread;

    @GuardedBy("lock")
    private boolean closed;

    /// @param most waiting at once; 0: none ever
    WaitingVms(Admission admission, int most) {
        this.admission = admission;
        this.most = most;
    }

    /// Begins to make VMs as they are wanted; called once.
    void start(Maker maker) {
        if (most == 0) return;
        var started = Thread.ofPlatform().daemon().name("waiting VMs").start(() -> run(maker));
        lock.lock();
        try {
            thread = started;
        } finally {
            lock.unlock();
        }
    }

    /// How many wait now.
    int count() {
        lock.lock();
        try {
            return waiting.size();
        } finally {
            lock.unlock();
        }
    }

    /// Tells that a capsule is on its way; to be closed when it has arrived or failed.
    Boot boots() {
        lock.lock();
        try {
            booting++;
            return this::arrived;
        } finally {
            lock.unlock();
        }
    }

    /// One capsule on its way.
    interface Boot extends AutoCloseable {
        @Override
        void close();
    }

    private void arrived() {
        lock.lock();
        try {
            booting--;
            postpone(QUIET);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// Takes a VM that waits for this, and has one more made in its place; the caller owns it.
    Optional<WaitingVm> take(Recipe recipe) {
        lock.lock();
        try {
            wanted.putLast(recipe.key(), new Wish(recipe, System.nanoTime()));
            changed.signalAll();
            for (var one : waiting) {
                if (!one.is(recipe.key()) || !one.vm().vm().isAlive()) continue;
                waiting.remove(one);
                return Optional.of(one.vm());
            }
            return Optional.empty();
        } finally {
            lock.unlock();
        }
    }

    /// Gives all of them up when the host has promised so much that they do not fit any more.
    void giveWay() {
        long bytes = 0;
        int vcpus = 0;
        lock.lock();
        try {
            for (var one : waiting) {
                bytes += one.recipe().spec().memory().bytes();
                vcpus += one.recipe().spec().vcpus();
            }
        } finally {
            lock.unlock();
        }
        if (vcpus > 0 && !admission.fits(bytes, vcpus)) reclaim();
    }

    /// Gives all of them up, for a capsule that has no room otherwise.
    ///
    /// @return how many there were
    int reclaim() {
        List<Waiting> all;
        lock.lock();
        try {
            reclaims++;
            all = List.copyOf(waiting);
            waiting.clear();
            postpone(AFTER_FAILURE);
        } finally {
            lock.unlock();
        }
        all.forEach(WaitingVms::discard);
        return all.size();
    }

    /// Gives up what was made of a warm image.
    void drop(String key) {
        List<Waiting> all;
        lock.lock();
        try {
            reclaims++;
            wanted.remove(key);
            all = waiting.stream().filter(one -> one.is(key)).toList();
            waiting.removeAll(all);
        } finally {
            lock.unlock();
        }
        all.forEach(WaitingVms::discard);
    }

    /// Gives up all of them and makes no more.
    @Override
    public void close() {
        Thread running;
        lock.lock();
        try {
            closed = true;
            running = thread;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (running != null) {
            running.interrupt();
            try {
                running.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        reclaim();
    }

    @GuardedBy("lock")
    private void postpone(Duration span) {
        long until = System.nanoTime() + span.toNanos();
        if (until - notBefore > 0) notBefore = until;
    }

    /// Body of the thread.
    private void run(Maker maker) {
        while (true) {
            try {
                var stale = new ArrayList<Waiting>();
                var next = next(stale);
                stale.forEach(WaitingVms::discard);
                if (next != null && !make(maker, next)) later();
            } catch (InterruptedException e) {
                return;
            } catch (IOException | RuntimeException e) {
                LOG.atWarn().setCause(e).log("no VM waits");
                later();
            }
        }
    }

    private void later() {
        lock.lock();
        try {
            postpone(AFTER_FAILURE);
        } finally {
            lock.unlock();
        }
    }

    /// Waits until there is something to do.
    ///
    /// @param stale gets those to give up
    /// @return what to make; null when there are only some to give up
    private @Nullable Recipe next(List<Waiting> stale) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closed) {
                long now = System.nanoTime();
                wanted.values().removeIf(wish -> now - wish.since() >= LINGER.toNanos());
                var targets = targets();
                stale.addAll(tooMany(targets));
                waiting.removeAll(stale);
                if (!stale.isEmpty()) return null;
                var missing = missing(targets);
                if (booting > 0 || wanted.isEmpty()) changed.await();
                else if (missing == null) changed.awaitNanos(LINGER.toNanos() - (now - oldest()));
                else if (notBefore - now > 0) changed.awaitNanos(notBefore - now);
                else return missing;
            }
            throw new InterruptedException("closed");
        } finally {
            lock.unlock();
        }
    }

    /// How many are to wait of each kind: those asked for last share the places.
    @GuardedBy("lock")
    private Map<String, Integer> targets() {
        int kinds = Math.min(most, wanted.size());
        var targets = new LinkedHashMap<String, Integer>();
        for (var key : wanted.sequencedKeySet().reversed())
            if (targets.size() < kinds) targets.put(key, most / kinds);
        return targets;
    }

    /// The dead, and the oldest of a kind that has more than its share.
    @GuardedBy("lock")
    private List<Waiting> tooMany(Map<String, Integer> targets) {
        var left = new HashMap<>(targets);
        var stale = new ArrayList<Waiting>();
        for (var one : waiting.reversed()) {
            int places = left.getOrDefault(one.recipe().key(), 0);
            if (places > 0 && one.vm().vm().isAlive()) left.put(one.recipe().key(), places - 1);
            else stale.add(one);
        }
        return stale;
    }

    /// The kind asked for last of which there are too few.
    @GuardedBy("lock")
    private @Nullable Recipe missing(Map<String, Integer> targets) {
        for (var target : targets.entrySet()) {
            long own = waiting.stream().filter(one -> one.is(target.getKey())).count();
            var wish = wanted.get(target.getKey());
            if (own < target.getValue() && wish != null) return wish.recipe();
        }
        return null;
    }

    @GuardedBy("lock")
    private long oldest() {
        return wanted.firstEntry().getValue().since();
    }

    /// @return false when it cannot be done at present
    private boolean make(Maker maker, Recipe recipe) throws IOException, InterruptedException {
        long before = reclaims();
        var spec = recipe.spec();
        if (!admission.fits(spec.memory().bytes(), spec.vcpus())) return false;
        var made = maker.make(recipe);
        if (made.isEmpty()) return false;
        made.get().vm().onExit(_ -> look());
        boolean unwanted;
        lock.lock();
        try {
            unwanted = reclaims != before;
            if (!unwanted) {
                waiting.add(new Waiting(recipe, made.get()));
                LOG.atInfo().addKeyValue("waiting", waiting.size()).log("a VM waits");
            }
        } finally {
            lock.unlock();
        }
        if (unwanted) made.get().discard();
        return !unwanted;
    }

    private long reclaims() {
        lock.lock();
        try {
            return reclaims;
        } finally {
            lock.unlock();
        }
    }

    private void look() {
        lock.lock();
        try {
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private static void discard(Waiting one) {
        try {
            one.vm().discard();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("a waiting VM is left until the agent starts again");
        }
    }
}
