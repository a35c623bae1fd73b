package dev.wrenn.host.capsule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Queue;
import java.util.concurrent.CountDownLatch;

/// Calls that have to be under way before something else happens.
final class CallThread {
    private CallThread() {}

    interface Call {
        void run() throws Exception;
    }

    /// Starts a call and returns when it waits.
    static Thread waiting(Queue<Throwable> failures, Call call) throws Exception {
        var thread =
                Thread.ofPlatform()
                        .start(() -> {
                            try {
                                call.run();
                            } catch (Throwable t) {
                                failures.add(t);
                            }
                        });
        while (thread.getState() != Thread.State.WAITING) {
            assertThat(thread.isAlive()).as("waits for the snapshot").isTrue();
            Thread.onSpinWait();
        }
        return thread;
    }

    /// For steps that may not be interrupted.
    static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
