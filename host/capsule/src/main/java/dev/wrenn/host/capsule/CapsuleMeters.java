package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Metrics;
import java.time.Duration;

/// Figures about capsules. Thread-safe.
final class CapsuleMeters {
    private final Metrics metrics;

    CapsuleMeters(Metrics metrics) {
        this.metrics = metrics;
    }

    /// @param outcome running, failed, canceled or refused
    void boot(String outcome) {
        metrics.counter(
                        "wrenn_boots",
                        "Boots of capsules by kind and outcome",
                        "kind",
                        "cold",
                        "outcome",
                        outcome)
                .increment();
    }

    /// @param phase clone, slot, record, spawn, health, init, commit or total
    void phase(String phase, Duration span) {
        metrics.timer("wrenn_boot_phase", "Time of each phase of a boot", "phase", phase)
                .record(span);
    }

    /// @param outcome running, booting or stopped
    void adopted(String outcome) {
        metrics.counter(
                        "wrenn_adoptions",
                        "Capsules found when the agent started, by what became of them",
                        "outcome",
                        outcome)
                .increment();
    }

    void ended(String kind) {
        metrics.counter("wrenn_vm_exits", "VMs that ended, by who ended them", "kind", kind)
                .increment();
    }
}
