package dev.wrenn.control.hostlink;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/// How many links are opened at once. When a control plane starts it has all its hosts to dial: as
/// many handshakes at one moment take the processors from each other until every one of them has
/// taken too long, and all are dialled again. Thread-safe.
final class Openings {
    /// A handshake is mostly waiting for the other side, and then some milliseconds of processor
    /// time.
    private static final int AT_ONCE = 16;

    /// Hosts that do not answer hold others up for no longer.
    private static final Duration LEASE = Duration.ofMillis(500);

    private final Semaphore free;
    private final Executor later;

    Openings() {
        this(AT_ONCE, LEASE);
    }

    /// @param lease after which a turn counts as ended
    Openings(int atOnce, Duration lease) {
        free = new Semaphore(atOnce, true);
        later = CompletableFuture.delayedExecutor(lease.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// One that may dial. Closing it more than once is allowed.
    final class Turn implements AutoCloseable {
        private final AtomicBoolean ended = new AtomicBoolean();

        @Override
        public void close() {
            if (ended.compareAndSet(false, true)) free.release();
        }
    }

    /// Waits until it is the caller's turn, first come, first served.
    Turn take() {
        free.acquireUninterruptibly();
        var turn = new Turn();
        later.execute(turn::close);
        return turn;
    }
}
