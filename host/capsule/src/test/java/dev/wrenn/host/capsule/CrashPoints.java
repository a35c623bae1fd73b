package dev.wrenn.host.capsule;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Where one life of the agent ends or fails. Every call into a room passes here. Thread-safe.
public final class CrashPoints {
    private final CountDownLatch reached = new CountDownLatch(1);
    private volatile @Nullable String crash;
    private volatile @Nullable String failure;
    private volatile boolean dead;

    /// At this point the agent is gone, as after `kill -9`: no thread of it does anything more.
    public void crashAt(String point) {
        crash = point;
    }

    /// At this point the room fails, once.
    public void failAt(String point) {
        failure = point;
    }

    /// From now on no thread of this life does anything.
    public void kill() {
        dead = true;
    }

    /// Waits until the agent has crashed.
    public void awaitCrash() throws InterruptedException {
        if (!reached.await(20, TimeUnit.SECONDS))
            throw new AssertionError("never reached: " + crash);
    }

    public void pass(String point) {
        if (point.equals(failure)) {
            failure = null;
            throw new InjectedFailure(point);
        }
        if (point.equals(crash)) {
            dead = true;
            reached.countDown();
        }
        while (dead) LockSupport.park(this);
    }

    /// A room that fails in a way nobody expects.
    public static final class InjectedFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InjectedFailure(String point) {
            super("injected " + point);
        }
    }
}
