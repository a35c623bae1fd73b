package dev.wrenn.host.network;

import dev.wrenn.common.model.Egress;
import dev.wrenn.host.linux.Namespaces;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The policies of one slot in use: its rules, its resolver, and what that has learnt. Thread-safe;
/// the lock is held while rules change, so that they follow each other in the kernel as they do
/// here.
final class SlotPolicy implements NameServer.Policies, AutoCloseable {
    private static final int MOST_NAMES = 1024;

    private final Slot slot;
    private final List<InetAddress> servers;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, List<Known>> known = new LinkedHashMap<>(); // guarded by the lock
    private @Nullable NameServer nameServer; // guarded by the lock
    private boolean closed; // guarded by the lock
    private volatile Egress egress = Egress.OPEN;

    /// Where a name led to, and until when.
    private record Known(String address, Instant until) {}

    /// @param servers that names are asked of
    SlotPolicy(Slot slot, List<InetAddress> servers, InstantSource clock) {
        this.slot = slot;
        this.servers = servers;
        this.clock = clock;
    }

    @Override
    public Egress egress() {
        return egress;
    }

    /// Replaces rules and resolver; what is open is judged again.
    ///
    /// @throws NetworkException when the rules are as before
    void apply(Egress changed) {
        lock.lock();
        try {
            if (closed) throw new NetworkException("slot " + slot.index() + " is given back");
            boolean resolves = !PolicyRules.names(changed).isEmpty();
            if (resolves) resolve(); // before the rules lead there
            int mark = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
            nft(PolicyRules.replace(changed, mark, pins(changed)));
            egress = changed;
            if (!resolves) known.clear();
            if (!resolves && nameServer != null) {
                nameServer.close();
                nameServer = null;
            }
        } finally {
            lock.unlock();
        }
    }

    /// After a restart of the agent: rules that are there stay with what they have learnt.
    ///
    /// @throws NetworkException when they are missing and cannot be set
    void restore(Egress wanted) {
        if (wanted.isOpen() && !isThere("forward")) return;
        if (wanted.isOpen() || !isThere(PolicyRules.name(wanted))) {
            apply(wanted);
            return;
        }
        lock.lock();
        try {
            egress = wanted;
            if (!PolicyRules.names(wanted).isEmpty()) resolve();
        } finally {
            lock.unlock();
        }
    }

    private void resolve() {
        if (nameServer == null) nameServer = NameServer.open(slot, this, servers);
    }

    private List<PolicyRules.Pin> pins(Egress of) {
        var pins = new ArrayList<PolicyRules.Pin>();
        var now = clock.instant();
        known.forEach((name, leads) -> {
            for (var lead : leads)
                if (lead.until().isAfter(now)) {
                    long seconds = Duration.between(now, lead.until()).toSeconds() + 1;
                    pins.addAll(pins(of, name, lead.address(), seconds));
                }
        });
        return pins;
    }

    private static List<PolicyRules.Pin> pins(
            Egress egress, String name, String address, long seconds) {
        return PolicyRules.names(egress).stream()
                .filter(names -> names.domain().covers(name))
                .map(names -> new PolicyRules.Pin(names.set(), address, seconds))
                .toList();
    }

    /// Into the rules before the answer goes to the guest. One that still holds for half of its
    /// time need not be set again.
    @Override
    public void learn(String name, List<Answers.Lead> leads) {
        if (leads.isEmpty()) return;
        lock.lock();
        try {
            var now = clock.instant();
            var before = known.getOrDefault(name, List.of());
            var after = new LinkedHashMap<String, Known>();
            for (var one : before) if (one.until().isAfter(now)) after.put(one.address(), one);
            var fresh = new ArrayList<PolicyRules.Pin>();
            for (var lead : leads) {
                var had = after.get(lead.address());
                if (had != null && had.until().isAfter(now.plusSeconds(lead.seconds() / 2)))
                    continue;
                fresh.addAll(pins(egress, name, lead.address(), lead.seconds()));
                after.put(
                        lead.address(), new Known(lead.address(), now.plusSeconds(lead.seconds())));
            }
            if (!fresh.isEmpty()) nft(PolicyRules.pin(fresh));
            known.remove(name); // the newest last
            known.put(name, List.copyOf(after.values()));
            if (known.size() > MOST_NAMES) known.remove(known.keySet().iterator().next());
        } finally {
            lock.unlock();
        }
    }

    private boolean isThere(String chain) {
        return inside(
                () -> Nft.run("", "nft", "list", "chain", "inet", PolicyRules.TABLE, chain).ok());
    }

    /// What was refused since the rules were set.
    Denials denials() {
        return inside(() -> {
            var floor = Nft.run("", "nft", "list", "ruleset");
            if (!floor.ok()) throw new NetworkException("nft: " + floor.output());
            return Denials.parse(floor.output());
        });
    }

    private void nft(String ruleset) {
        inside(() -> {
            Nft.apply(ruleset);
            return true;
        });
    }

    private <T> T inside(java.util.concurrent.Callable<T> work) {
        try {
            return Namespaces.call(slot.netnsPath(), work);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            if (e instanceof InterruptedException) Thread.currentThread().interrupt();
            throw new NetworkException("slot " + slot.index() + ": " + e.getMessage(), e);
        }
    }

    /// Ends the resolver; the rules go with the slot.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            if (nameServer != null) nameServer.close();
            nameServer = null;
        } finally {
            lock.unlock();
        }
    }
}
