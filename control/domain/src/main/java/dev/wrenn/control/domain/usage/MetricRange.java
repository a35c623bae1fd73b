package dev.wrenn.control.domain.usage;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/// How far back what a capsule took can be looked at.
public enum MetricRange {
    FIVE_MINUTES("5m", Duration.ofMinutes(5)),
    TEN_MINUTES("10m", Duration.ofMinutes(10)),
    HOUR("1h", Duration.ofHours(1)),
    TWO_HOURS("2h", Duration.ofHours(2)),
    SIX_HOURS("6h", Duration.ofHours(6)),
    TWELVE_HOURS("12h", Duration.ofHours(12)),
    DAY("24h", Duration.ofHours(24));

    private final String wire;
    private final Duration span;

    MetricRange(String wire, Duration span) {
        this.wire = wire;
        this.span = span;
    }

    /// Its name in the API.
    public String wire() {
        return wire;
    }

    public Duration span() {
        return span;
    }

    public static Optional<MetricRange> parse(String text) {
        return Arrays.stream(values()).filter(range -> range.wire.equals(text)).findFirst();
    }
}
