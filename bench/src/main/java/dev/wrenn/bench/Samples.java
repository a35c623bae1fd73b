package dev.wrenn.bench;

import java.util.Arrays;

/// Durations of one kind of call, in milliseconds, sorted.
record Samples(double[] sorted) {
    Samples {
        if (sorted.length == 0) throw new BenchException("samples: 0 (expected: at least 1)");
        sorted = sorted.clone();
        Arrays.sort(sorted);
    }

    /// The middle value; the mean of the two middle ones when their number is even.
    double median() {
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// Nearest-rank quantile: the smallest sample that `share` (0..1] of all do not exceed.
    double quantile(double share) {
        if (!(share > 0 && share <= 1)) {
            throw new BenchException("quantile: " + share + " (expected: above 0, at most 1)");
        }
        // Rounded first: 0.99 * 100 is a hair above 99 in binary.
        int rank = (int) Math.ceil(Math.round(share * sorted.length * 1e6) / 1e6);
        return sorted[rank - 1];
    }

    double p99() {
        return quantile(0.99);
    }

    double max() {
        return sorted[sorted.length - 1];
    }

    int count() {
        return sorted.length;
    }
}
