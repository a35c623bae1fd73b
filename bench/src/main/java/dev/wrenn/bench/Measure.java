package dev.wrenn.bench;

import org.jspecify.annotations.Nullable;

/// One figure of a report.
///
/// @param floor the same figure of the floor, in the same unit
/// @param ratio value divided by floor
/// @param bound the most (for rates, speed-ups and fits the least; for counts of successes exactly
///   what) was promised; it concerns `ratio` when there is one, else `value`
/// @param holds whether the bound holds; absent exactly when there is no bound
record Measure(
        String metric,
        double value,
        String unit,
        @Nullable Double floor,
        @Nullable Double ratio,
        @Nullable Double bound,
        @Nullable Boolean holds) {

    /// A figure without a promise.
    static Measure of(String metric, double value, String unit) {
        return new Measure(metric, value, unit, null, null, null, null);
    }

    /// A figure beside its floor, without a promise.
    static Measure beside(String metric, double value, double floor, String unit) {
        return new Measure(metric, value, unit, floor, value / floor, null, null);
    }

    /// A figure that may be at most `bound` times its floor.
    static Measure ratio(String metric, double value, double floor, String unit, double bound) {
        double ratio = value / floor;
        return new Measure(metric, value, unit, floor, ratio, bound, ratio <= bound);
    }

    /// A figure that may be at most `bound`.
    static Measure atMost(String metric, double value, String unit, double bound) {
        return new Measure(metric, value, unit, null, null, bound, value <= bound);
    }

    /// A figure that must be at least `bound` times its floor.
    static Measure ratioAtLeast(
            String metric, double value, double floor, String unit, double bound) {
        double ratio = value / floor;
        return new Measure(metric, value, unit, floor, ratio, bound, ratio >= bound);
    }

    /// A figure that must be at least `bound`.
    static Measure atLeast(String metric, double value, String unit, double bound) {
        return new Measure(metric, value, unit, null, null, bound, value >= bound);
    }

    /// A count that must be exactly `bound`.
    static Measure exactly(String metric, int value, String unit, int bound) {
        return new Measure(metric, value, unit, null, null, (double) bound, value == bound);
    }

    boolean broken() {
        return Boolean.FALSE.equals(holds);
    }
}
