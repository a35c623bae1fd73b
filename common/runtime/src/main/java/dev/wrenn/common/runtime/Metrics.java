package dev.wrenn.common.runtime;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.function.Supplier;

/// Meters of one process, scraped in Prometheus text form. Names carry unit and description; tags
/// are bounded, never ids. Thread-safe.
public final class Metrics {
    /// Content type of [#scrape()].
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final PrometheusMeterRegistry registry =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /// For libraries that bind their own meters.
    public MeterRegistry registry() {
        return registry;
    }

    /// A number that only grows.
    ///
    /// @param tags name, value, name, value …
    public Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    /// Durations with p50, p95, p99.
    public Timer timer(String name, String description, String... tags) {
        return Timer.builder(name)
                .description(description)
                .publishPercentiles(0.5, 0.95, 0.99)
                .tags(tags)
                .register(registry);
    }

    /// A number that is read when scraped.
    public void gauge(String name, String description, Supplier<Number> value, String... tags) {
        Gauge.builder(name, value).description(description).tags(tags).register(registry);
    }

    /// Everything in the Prometheus text form.
    public String scrape() {
        return registry.scrape();
    }
}
