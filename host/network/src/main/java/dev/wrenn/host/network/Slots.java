package dev.wrenn.host.network;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Tap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Deque;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The slots of one agent: some ready, some in use. Thread-safe.
public final class Slots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Slots.class);

    private static final Duration CHECK_RULES = Duration.ofSeconds(30);

    /// So many ready slots are made whatever else happens.
    private static final int EAGER = 4;

    /// When nobody has taken a slot for so long, the pool is filled.
    private static final Duration QUIET = Duration.ofSeconds(2);

    private static final int MAKERS = 4; // the kernel serializes most of the work anyway

    private final NetworkConfig config;
    private final Registry registry;
    private final HostRules rules;
    private final Deque<Slot> ready = new ConcurrentLinkedDeque<>();
    private final Set<Integer> known = ConcurrentHashMap.newKeySet(); // ready, in use or being made
    private final Set<Integer> inUse = ConcurrentHashMap.newKeySet();
    private final Map<Integer, SlotPolicy> policies = new ConcurrentHashMap<>();
    private final Object claims = new Object(); // registry and `known` change together under it
    private final Semaphore makers = new Semaphore(MAKERS);
    private final Semaphore wake = new Semaphore(0);
    private final Thread filler;
    private volatile long lastTake = System.nanoTime();
    private volatile boolean closed;

    private Slots(NetworkConfig config, Registry registry, HostRules rules) {
        this.config = config;
        this.registry = registry;
        this.rules = rules;
        this.filler = Thread.ofVirtual().name("slots").unstarted(this::fill);
    }

    /// Sets the host's rules and starts filling the pool in the background.
    ///
    /// @param ownerDataDir existing directory that names the owner
    /// @throws NetworkException with the words of `ip` or `nft`
    public static Slots open(NetworkConfig config, Path ownerDataDir) {
        try {
            var registry = new Registry(config.runDir(), ownerDataDir);
            var slots = new Slots(config, registry, new HostRules(config.runDir()));
            registry.locked(slots.rules::ensure);
            slots.filler.start();
            return slots;
        } catch (IOException e) {
            throw new NetworkException("slots of " + config.runDir() + ": " + e.getMessage(), e);
        }
    }

    /// A slot ready for use, for the caller to [#release(Slot)].
    ///
    /// @throws SlotsExhausted when the machine has none left
    public Slot take() {
        if (closed) throw new NetworkException("slots are closed");
        lastTake = System.nanoTime();
        var slot = fromPool();
        wake.release();
        if (slot == null) slot = make();
        inUse.add(slot.index());
        return slot;
    }

    private @Nullable Slot fromPool() {
        for (Slot slot; (slot = ready.poll()) != null; ) {
            if (SlotMaker.complete(slot)) return slot;
            LOG.atWarn().addKeyValue("slot", slot.index()).log("ready slot was damaged");
            discard(slot);
        }
        return null;
    }

    /// Takes back a slot that was in use before a restart of the agent.
    ///
    /// @throws NetworkException when it is not there any more or belongs to another agent
    public Slot adopt(int index) {
        var slot = new Slot(index);
        if (!registry.owns(index))
            throw new NetworkException("slot " + index + " is not registered for this agent");
        if (!SlotMaker.complete(slot))
            throw new NetworkException("slot " + index + " has lost its namespace or link");
        known.add(index);
        inUse.add(index);
        return slot;
    }

    /// Removes a slot in use and everything in it, also when parts are missing; else does nothing.
    ///
    /// @throws NetworkException when a part could not be removed; [#sweep(Set)] tries again
    public void release(Slot slot) {
        if (!inUse.remove(slot.index())) return;
        var policy = policies.remove(slot.index());
        if (policy != null) policy.close();
        remove(slot);
    }

    /// Replaces the policies of a slot in use, at once and for open connections as well.
    ///
    /// @throws NetworkException when the rules are as before
    public void apply(Slot slot, Egress egress) {
        if (egress.isOpen() && !policies.containsKey(slot.index())) return; // as it was made
        policy(slot).apply(egress);
    }

    /// The same for a slot that was adopted: rules that are there stay, with what they have learnt
    /// of names.
    ///
    /// @throws NetworkException when they cannot be set
    public void restore(Slot slot, Egress egress) {
        policy(slot).restore(egress);
    }

    /// What the rules of a slot in use have refused so far; starts anew with new policies.
    ///
    /// @throws NetworkException when they cannot be read
    public Denials denials(Slot slot) {
        return policy(slot).denials();
    }

    private SlotPolicy policy(Slot slot) {
        if (!inUse.contains(slot.index()))
            throw new NetworkException("slot " + slot.index() + " is not in use");
        return policies.computeIfAbsent(
                slot.index(), _ -> new SlotPolicy(slot, config.servers(), InstantSource.system()));
    }

    /// Indexes of this agent's slots in use (not the ready ones).
    public Set<Integer> mine() {
        return new TreeSet<>(inUse);
    }

    /// Slots that a [#take()] would get at once.
    public int ready() {
        return ready.size();
    }

    /// User ids of the VMMs in an agent's slots, ready ones included; for whoever looks at an agent
    /// from outside.
    ///
    /// @param runDir of [NetworkConfig]
    /// @throws NetworkException when the slots cannot be read
    public static Set<Integer> usersOf(Path runDir, Path ownerDataDir) {
        if (!Files.isDirectory(runDir)) return Set.of();
        try {
            var registry = new Registry(runDir, ownerDataDir);
            var users = new TreeSet<Integer>();
            for (int index : registry.all().keySet())
                if (registry.owns(index)) users.add(new Slot(index).vmmUid());
            return users;
        } catch (IOException e) {
            throw new NetworkException("slots of " + runDir + ": " + e.getMessage(), e);
        }
    }

    /// What [#sweep(Set)] would remove: processes that still use these slots have no owner either.
    public Set<Integer> leftovers(Set<Integer> keep) {
        try {
            Map<Integer, String> all;
            synchronized (claims) {
                all = registry.all(); // without those registered but not yet known
            }
            var found = new TreeSet<Integer>();
            for (var taken : all.entrySet()) {
                int index = taken.getKey();
                boolean used = keep.contains(index) || known.contains(index);
                if (!used && registry.mayRemove(taken.getValue())) found.add(index);
            }
            return found;
        } catch (IOException e) {
            throw new NetworkException("slots could not be listed", e);
        }
    }

    /// Removes what an earlier life of this agent left, except `keep`, and slots of owners that do
    /// not exist any more. Also removes what [#release(Slot)] could not.
    public void sweep(Set<Integer> keep) {
        for (int index : leftovers(keep)) {
            LOG.atInfo().addKeyValue("slot", index).log("removing a slot left behind");
            discard(new Slot(index));
        }
    }

    /// A descriptor of the slot's tap for the VMM, for the caller to close. One at a time.
    public Fd openTap(Slot slot) {
        try {
            return Tap.open(slot.netnsPath(), Slot.TAP);
        } catch (Exception e) {
            if (e instanceof InterruptedException) Thread.currentThread().interrupt();
            throw new NetworkException("tap of slot " + slot.index() + ": " + e.getMessage(), e);
        }
    }

    /// Removes the ready slots; those in use stay. The last agent on the machine that has none in
    /// use removes the host's rules.
    @Override
    public void close() {
        closed = true;
        wake.release();
        try {
            filler.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        policies.values().forEach(SlotPolicy::close);
        for (Slot slot; (slot = ready.poll()) != null; ) discard(slot);
        try {
            registry.locked(this::removeRulesIfLast);
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("host rules remain");
        }
    }

    private void removeRulesIfLast() {
        try {
            if (registry.all().isEmpty()) rules.remove();
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("host rules remain");
        }
    }

    private void discard(Slot slot) {
        try {
            remove(slot);
        } catch (NetworkException e) {
            LOG.atWarn().addKeyValue("slot", slot.index()).setCause(e).log("slot remains");
        }
    }

    private void remove(Slot slot) {
        apart(() -> {
            try {
                SlotMaker.remove(slot);
            } catch (NetworkException e) {
                known.remove(slot.index()); // registered but not known: the next sweep's
                throw e;
            }
            synchronized (claims) {
                registry.free(slot.index());
                known.remove(slot.index());
            }
            return slot;
        });
    }

    private Slot make() {
        return apart(() -> {
            makers.acquire();
            try {
                return makeClaimed();
            } finally {
                makers.release();
            }
        });
    }

    private Slot makeClaimed() throws IOException {
        Slot slot;
        synchronized (claims) {
            slot = new Slot(registry.claim());
            known.add(slot.index());
        }
        try {
            // from the claim on no other agent removes the rules
            registry.locked(rules::ensure);
            SlotMaker.make(slot);
            return slot;
        } catch (RuntimeException | IOException e) {
            discard(slot);
            throw e;
        }
    }

    /// Runs work on a thread of its own and waits for it: an interrupted caller cannot stop it
    /// halfway.
    private static <T> T apart(Callable<T> work) {
        var task = new FutureTask<>(work);
        Thread.ofVirtual().start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof NetworkException cause) throw cause;
            throw new NetworkException("slot: " + e.getCause(), e);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /// A few are made at once; the rest when nobody takes any, so that making them does not slow
    /// down the creates they are for.
    ///
    /// @return after what time to look again
    private Duration refill() {
        while (!closed && ready.size() < config.ready()) {
            var quietFor = Duration.ofNanos(System.nanoTime() - lastTake);
            if (ready.size() >= EAGER && quietFor.compareTo(QUIET) < 0)
                return QUIET.minus(quietFor);
            ready.add(make());
        }
        return CHECK_RULES;
    }

    /// Body of the one background thread: keeps the pool full and the host's rules in place.
    private void fill() {
        var backoff = new Backoff(Duration.ofSeconds(1), CHECK_RULES, new Random());
        while (!closed) {
            Duration pause;
            try {
                registry.locked(() -> {
                    if (rules.ensure()) LOG.warn("host rules were missing and are set again");
                });
                pause = refill();
                backoff.reset();
            } catch (RuntimeException | IOException e) {
                LOG.atError().setCause(e).log("no slot could be made ready");
                pause = backoff.next();
            }
            try {
                boolean _ = wake.tryAcquire(pause.toMillis(), TimeUnit.MILLISECONDS);
                wake.drainPermits();
            } catch (InterruptedException _) {
                return; // nobody interrupts this thread but the end of the JVM
            }
        }
    }
}
