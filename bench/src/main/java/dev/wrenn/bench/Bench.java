package dev.wrenn.bench;

import java.util.List;
import org.eclipse.jetty.client.HttpClient;

/// One benchmark.
interface Bench {
    String name();

    int defaultRuns();

    /// @param runs how often product and floor take their turn, at least 1
    List<Measure> run(Place place, int runs);

    /// What a benchmark works with.
    record Place(Installation installation, HttpClient http, Api api, Progress progress) {}
}
