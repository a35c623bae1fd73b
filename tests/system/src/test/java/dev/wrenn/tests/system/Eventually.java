package dev.wrenn.tests.system;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/// Waits for something that happens elsewhere: asks again until it holds or its time is over.
final class Eventually {
    private static final Duration PAUSE = Duration.ofMillis(50);

    private Eventually() {}

    /// A check that fails by an exception or assertion error.
    @FunctionalInterface
    interface Check {
        void run() throws Exception;
    }

    /// Returns when `check` passes; after `limit` its last failure is thrown.
    static void within(Duration limit, Check check) {
        within(
                limit,
                () -> {
                    check.run();
                    return true;
                });
    }

    /// @return the first value that `attempt` returns without failing
    static <T> T within(Duration limit, Callable<T> attempt) {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                return attempt.call();
            } catch (Exception | AssertionError e) {
                if (System.nanoTime() > end) {
                    throw new AssertionError("not within " + limit + ": " + e.getMessage(), e);
                }
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    /// Waits until a value has stayed the same for `quiet`.
    ///
    /// @return that value
    static <T> T settled(Duration limit, Duration quiet, Callable<T> value) {
        long end = System.nanoTime() + limit.toNanos();
        T last = within(Duration.ZERO, value);
        long since = System.nanoTime();
        while (System.nanoTime() - since < quiet.toNanos()) {
            if (System.nanoTime() > end) throw new AssertionError("still moving: " + last);
            LockSupport.parkNanos(PAUSE.toNanos());
            T now = within(Duration.ZERO, value);
            if (!now.equals(last)) since = System.nanoTime();
            last = now;
        }
        return last;
    }
}
