package dev.wrenn.host.agent;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// When the control plane was last heard: an answer to a heartbeat, or a call of its own.
/// Thread-safe.
final class Contact {
    private final AtomicLong last = new AtomicLong(System.nanoTime());

    void heard() {
        last.set(System.nanoTime());
    }

    Duration silence() {
        return Duration.ofNanos(System.nanoTime() - last.get());
    }
}
