package dev.wrenn.control.domain.usage;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/// How far back statistics go, and how finely.
public enum StatRange {
    FIVE_MINUTES("5m", 3, 100),
    HOUR("1h", 30, 120),
    SIX_HOURS("6h", 180, 120),
    DAY("24h", 720, 120),
    MONTH("30d", 21_600, 120);

    private final String wire;
    private final Duration bucket;
    private final int count;

    StatRange(String wire, int bucketSeconds, int count) {
        this.wire = wire;
        this.bucket = Duration.ofSeconds(bucketSeconds);
        this.count = count;
    }

    /// Its name in the API.
    public String wire() {
        return wire;
    }

    Duration bucket() {
        return bucket;
    }

    int count() {
        return count;
    }

    public static Optional<StatRange> parse(String text) {
        return Arrays.stream(values()).filter(range -> range.wire.equals(text)).findFirst();
    }
}
