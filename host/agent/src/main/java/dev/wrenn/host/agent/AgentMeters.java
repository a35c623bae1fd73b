package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Metrics;
import java.time.Duration;

/// Figures about calls. Thread-safe.
final class AgentMeters {
    private final Metrics metrics;

    AgentMeters(Metrics metrics) {
        this.metrics = metrics;
    }

    /// Times one program; to be closed at its end.
    ///
    /// @param kind unary or stream
    Timing exec(String kind) {
        return new Timing(kind);
    }

    /// One program that runs; for one thread.
    final class Timing implements AutoCloseable {
        private final long start = System.nanoTime();
        private final String kind;
        private String outcome = "broken"; // guest or caller gone, unless told otherwise

        private Timing(String kind) {
            this.kind = kind;
        }

        /// @param value finished, timeout or rejected
        void outcome(String value) {
            outcome = value;
        }

        @Override
        public void close() {
            metrics.timer(
                            "wrenn_exec",
                            "Time of programs run in capsules",
                            "kind",
                            kind,
                            "outcome",
                            outcome)
                    .record(Duration.ofNanos(System.nanoTime() - start));
        }
    }
}
