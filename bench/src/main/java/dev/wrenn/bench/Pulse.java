package dev.wrenn.bench;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

/// The heartbeats of many hosts, each as often as an agent's.
final class Pulse implements AutoCloseable {
    private static final Duration EACH = Duration.ofSeconds(30); // as the agent's, and its jitter
    private static final double JITTER = 0.2;

    private final FleetApi api;
    private final String address;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicInteger lost = new AtomicInteger();
    private final Queue<String> reasons = new ConcurrentLinkedQueue<>();

    private Pulse(FleetApi api, String address) {
        this.api = api;
        this.address = address;
    }

    static Pulse start(FleetApi api, Collection<Membership> members, String address) {
        var pulse = new Pulse(api, address);
        for (var member : members)
            Thread.ofVirtual().name("beat-" + member.host()).start(() -> pulse.beat(member));
        return pulse;
    }

    /// How many were refused or not heard.
    int lost() {
        return lost.get();
    }

    /// Says why some were not heard since that was said last.
    ///
    /// @param meanwhile what the benchmark did
    void tell(String meanwhile, Progress progress) {
        var counts = new HashMap<String, Integer>();
        for (var why = reasons.poll(); why != null; why = reasons.poll())
            counts.merge(why, 1, Integer::sum);
        counts.forEach((why, times) ->
                progress.say("fleet: %d heartbeats lost, %s: %s".formatted(times, meanwhile, why)));
    }

    private void beat(Membership member) {
        var random = RandomGenerator.getDefault();
        try {
            double share = random.nextDouble();
            while (!closed.await((long) (share * EACH.toMillis()), TimeUnit.MILLISECONDS)) {
                try {
                    api.heartbeat(member, address);
                } catch (BenchException e) {
                    lost.incrementAndGet();
                    reasons.add(reason(e));
                }
                share = 1 - JITTER * random.nextDouble();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Without the host, so that the same is counted.
    private static String reason(BenchException e) {
        var said = String.valueOf(e.getMessage());
        return said.substring(said.indexOf(": ") + 1).strip();
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
