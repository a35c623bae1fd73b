package dev.wrenn.bench;

import java.util.function.LongSupplier;

/// When requests at a rate are due, and how long each took. All of it is made before: nothing is
/// left to the collector meanwhile. When what asks is itself stopped by the machine, nobody asks
/// until it goes on; what has been asked before goes on counting. Not thread-safe.
final class Schedule {
    private static final long STOPPED_NS = 2_000_000; // far more than it ever does at once

    private final LongSupplier clock;
    private final double each; // nanoseconds from one to the next
    private final int lead; // how many do not count
    private final long[] due; // of those that were asked
    private final double[] took; // milliseconds of those that count
    private long start;
    private long looked;
    private long stopped;
    private int asked;
    private int answered;

    /// @param rate requests per second
    /// @param lead milliseconds at the beginning whose requests do not count
    /// @param millis those after it
    /// @param clock nanoseconds
    Schedule(double rate, long lead, long millis, LongSupplier clock) {
        this.clock = clock;
        this.each = 1e9 / rate;
        this.lead = (int) (rate * lead / 1000);
        this.took = new double[(int) (rate * millis / 1000)];
        this.due = new long[this.lead + took.length];
    }

    /// The first one is due now.
    void begin() {
        start = looked = clock.getAsLong();
    }

    /// Until all have been answered.
    boolean goesOn() {
        return answered < due.length;
    }

    /// Nanoseconds until the next one is due, below one when it is.
    long left() {
        return asked < due.length ? nextDue() - clock.getAsLong() : Long.MAX_VALUE;
    }

    private long nextDue() {
        return start + (long) (asked * each);
    }

    /// The number of the next one, which is asked now.
    int next() {
        due[asked] = nextDue();
        return asked++;
    }

    /// The answer to this one has come to its end.
    void answered(int number) {
        answered++;
        if (number >= lead) took[number - lead] = (clock.getAsLong() - due[number]) / 1e6;
    }

    /// Once around: it has asked for what was due and taken the answers that there were.
    ///
    /// @param nanos for which it wanted to wait at most, below one for not at all
    void waited(long nanos) {
        long now = clock.getAsLong();
        long more = now - looked - Math.max(nanos, 0);
        looked = now;
        if (more < STOPPED_NS) return;
        start += more;
        stopped += more;
    }

    /// Milliseconds of each that counts.
    double[] took() {
        return took;
    }

    /// Milliseconds in which it was stopped.
    double stopped() {
        return stopped / 1e6;
    }
}
