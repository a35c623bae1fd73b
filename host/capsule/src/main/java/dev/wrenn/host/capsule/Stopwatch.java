package dev.wrenn.host.capsule;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// How long each phase of one boot took. Not thread-safe.
final class Stopwatch {
    private final long start = System.nanoTime();
    private final Map<String, Duration> laps = new LinkedHashMap<>();
    private long last = start;

    /// Ends the phase that runs since the last call.
    void lap(String phase) {
        long now = System.nanoTime();
        laps.merge(phase, Duration.ofNanos(now - last), Duration::plus);
        last = now;
    }

    Duration total() {
        return Duration.ofNanos(last - start);
    }

    Map<String, Duration> laps() {
        return laps;
    }

    /// For a log line: `clone 3.1, slot 0.2, …` in milliseconds.
    @Override
    public String toString() {
        var text = new StringBuilder();
        laps.forEach((phase, span) ->
                text.append(text.isEmpty() ? "" : ", ")
                        .append(phase)
                        .append(' ')
                        .append(span.toNanos() / 100_000 / 10.0));
        return text.toString();
    }
}
