package dev.wrenn.common.runtime;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// Growing pauses between tries: doubles from `first` up to `limit`, each with up to 20 % taken off
/// at random so that many waiters do not come back at once. Not thread-safe.
public final class Backoff {
    private final Duration first;
    private final Duration limit;
    private final RandomGenerator random;
    private Duration next;

    public Backoff(Duration first, Duration limit, RandomGenerator random) {
        if (first.isNegative() || first.isZero() || limit.compareTo(first) < 0)
            throw new IllegalArgumentException(
                    "backoff: " + first + ".." + limit + " (expected: 0 < first <= limit)");
        this.first = first;
        this.limit = limit;
        this.random = random;
        this.next = first;
    }

    /// The pause before the next try.
    public Duration next() {
        var pause = next;
        var doubled = pause.multipliedBy(2);
        next = doubled.compareTo(limit) > 0 ? limit : doubled;
        return Duration.ofNanos((long) (pause.toNanos() * (1 - 0.2 * random.nextDouble())));
    }

    /// After a success: start again from the first pause.
    public void reset() {
        next = first;
    }
}
