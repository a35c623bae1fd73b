package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Metrics;
import java.time.Duration;

/// Figures about capsules. Thread-safe.
final class CapsuleMeters {
    private final Metrics metrics;

    CapsuleMeters(Metrics metrics) {
        this.metrics = metrics;
    }

    /// @param kind cold, warm, snapshot or resume: where the memory came from
    /// @param outcome running, failed, canceled or refused; fallback when a cold boot follows
    void boot(String kind, String outcome) {
        metrics.counter(
                        "wrenn_boots",
                        "Boots of capsules by kind and outcome",
                        "kind",
                        kind,
                        "outcome",
                        outcome)
                .increment();
    }

    /// @param kind pause, snapshot or warm
    /// @param outcome done or failed
    void saved(String kind, String outcome) {
        metrics.counter(
                        "wrenn_saves",
                        "Saves of running capsules by kind and outcome",
                        "kind",
                        kind,
                        "outcome",
                        outcome)
                .increment();
    }

    /// @param phase flush, prepare, stop, device_state, memory, disk, go_on, write, publish;
    ///   blackout: how long the virtual processors stood still; total
    void save(String phase, Duration span) {
        metrics.timer("wrenn_save_phase", "Time of each phase of a save", "phase", phase)
                .record(span);
    }

    /// @param phase clone, slot, record, spawn, restore, check, health, save, init, commit or total
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

    /// @param bytes of templates that came chunk by chunk
    void arrived(long bytes) {
        metrics.counter(
                        "wrenn_arrived_bytes",
                        "Bytes of templates that were asked for chunk by chunk")
                .increment(bytes);
    }

    void ended(String kind) {
        metrics.counter("wrenn_vm_exits", "VMs that ended, by who ended them", "kind", kind)
                .increment();
    }
}
