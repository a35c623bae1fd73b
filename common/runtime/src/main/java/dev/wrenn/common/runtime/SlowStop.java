package dev.wrenn.common.runtime;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says where a process hangs that does not come to its end: the stacks of its platform threads,
/// one log entry each, once, when closing takes too long. Closing it ends the watch: nothing is
/// said after `close` has returned, not even the rest of what was being said.
public final class SlowStop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SlowStop.class);

    private final CountDownLatch done = new CountDownLatch(1);
    private final ReentrantLock saying = new ReentrantLock();

    private SlowStop() {}

    /// Starts a watch that speaks after `limit`.
    public static SlowStop watch(Duration limit) {
        var watch = new SlowStop();
        Thread.ofPlatform().daemon().name("slow-stop").start(() -> watch.await(limit));
        return watch;
    }

    private void await(Duration limit) {
        try {
            if (!done.await(limit.toNanos(), TimeUnit.NANOSECONDS)) tell(limit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void tell(Duration limit) {
        Thread.getAllStackTraces()
                .forEach((thread, frames) -> {
                    if (thread == Thread.currentThread() || frames.length == 0) return;
                    saying.lock();
                    try {
                        if (done.getCount() > 0) say(limit, thread, frames);
                    } finally {
                        saying.unlock();
                    }
                });
    }

    private static void say(Duration limit, Thread thread, StackTraceElement[] frames) {
        LOG.atWarn()
                .addKeyValue("thread", thread.getName())
                .addKeyValue("state", thread.getState())
                .addKeyValue("stack", List.of(frames))
                .log("still stopping after {}", limit);
    }

    @Override
    public void close() {
        saying.lock();
        try {
            done.countDown();
        } finally {
            saying.unlock();
        }
    }
}
