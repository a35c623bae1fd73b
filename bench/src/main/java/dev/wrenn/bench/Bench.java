package dev.wrenn.bench;

import java.util.List;

/// One benchmark.
interface Bench {
    String name();

    int defaultRuns();

    /// @param runs how often product and floor take their turn, at least 1
    List<Measure> run(Place place, int runs);
}
