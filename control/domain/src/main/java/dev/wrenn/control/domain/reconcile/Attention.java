package dev.wrenn.control.domain.reconcile;

import java.time.Duration;
import java.util.function.LongSupplier;

/// Whether this process has been there long enough, without a gap, to say that others were not.
/// Thread-safe.
final class Attention {
    private final LongSupplier clock;
    private final long enough;
    private long since;
    private long last;

    /// Begins now.
    ///
    /// @param clock in nanoseconds
    /// @param enough how long it has to be there; a gap that is longer is a new beginning
    Attention(LongSupplier clock, Duration enough) {
        this.clock = clock;
        this.enough = enough.toNanos();
        since = clock.getAsLong();
        last = since;
    }

    /// It is there, and what it heard is noted.
    synchronized void paid() {
        long now = clock.getAsLong();
        if (now - last > enough) since = now;
        last = now;
    }

    synchronized boolean unbroken() {
        long now = clock.getAsLong();
        return now - last <= enough && now - since >= enough;
    }
}
