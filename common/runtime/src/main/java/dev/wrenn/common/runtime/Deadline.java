package dev.wrenn.common.runtime;

import java.time.Duration;

/// A point on the monotonic clock by which something must be done. Immutable.
public final class Deadline {
    private static final Deadline NEVER = new Deadline(0, true);

    private final long nanos;
    private final boolean never;

    private Deadline(long nanos, boolean never) {
        this.nanos = nanos;
        this.never = never;
    }

    /// @param span from now; zero or negative has passed already
    public static Deadline after(Duration span) {
        return new Deadline(System.nanoTime() + span.toNanos(), false);
    }

    /// A deadline that does not pass.
    public static Deadline never() {
        return NEVER;
    }

    /// True for [#never()].
    public boolean isNever() {
        return never;
    }

    /// True from the deadline on.
    public boolean passed() {
        return !never && nanos - System.nanoTime() <= 0;
    }

    /// What is left, never negative; some 292 years for [#never()].
    public Duration left() {
        if (never) return Duration.ofNanos(Long.MAX_VALUE);
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }
}
