package dev.wrenn.host.capsule;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;

/// When a capsule was last used: commands, streams, pings. While something is in use it is not
/// idle, however silent. Thread-safe.
final class Activity {
    private final Clock clock;
    private final AtomicInteger uses = new AtomicInteger();
    private volatile Instant last;

    Activity(Clock clock) {
        this.clock = clock;
        this.last = clock.instant();
    }

    void touch() {
        last = clock.instant();
    }

    void begin() {
        uses.incrementAndGet();
        touch();
    }

    void end() {
        touch();
        uses.decrementAndGet();
    }

    Instant last() {
        return uses.get() > 0 ? clock.instant() : last;
    }

    /// Zero while in use.
    Duration idle() {
        var span = Duration.between(last(), clock.instant());
        return span.isNegative() ? Duration.ZERO : span;
    }
}
