package dev.wrenn.control.api;

import dev.wrenn.common.runtime.Metrics;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// What goes through the port proxy, in numbers.
final class PortMeters {
    private final Metrics metrics;
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger tunnels = new AtomicInteger();
    private final ConcurrentHashMap<String, Timer> timers = new ConcurrentHashMap<>();

    PortMeters(Metrics metrics) {
        this.metrics = metrics;
        metrics.gauge("wrenn_proxy_open_requests", "Proxied requests under way", requests::get);
        metrics.gauge("wrenn_proxy_tunnels", "Upgraded connections to guests", tunnels::get);
    }

    Timing begin() {
        return new Timing();
    }

    /// One request, until it is over.
    final class Timing implements AutoCloseable {
        private final long start = System.nanoTime();
        private volatile int status = 101;
        private volatile boolean tunnel;

        private Timing() {
            requests.incrementAndGet();
        }

        void status(int value) {
            status = value;
        }

        void tunnelled() {
            tunnel = true;
            requests.decrementAndGet();
            tunnels.incrementAndGet();
        }

        @Override
        public void close() {
            (tunnel ? tunnels : requests).decrementAndGet();
            timers.computeIfAbsent(
                            status / 100 + "xx",
                            kind ->
                                    metrics.timer(
                                            "wrenn_proxy_requests",
                                            "Proxied requests, from head to last byte",
                                            "status",
                                            kind))
                    .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        }
    }
}
