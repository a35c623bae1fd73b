package dev.wrenn.control.server;

import dev.wrenn.control.domain.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Work that is done at once and then again after each pause, on a virtual thread, until closed.
final class Periodic implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Periodic.class);

    private final String name;
    private final Duration pause;
    private final Runnable work;
    private final CountDownLatch closed = new CountDownLatch(1);

    private Periodic(String name, Duration pause, Runnable work) {
        this.name = name;
        this.pause = pause;
        this.work = work;
    }

    static Periodic start(String name, Duration pause, Runnable work) {
        var periodic = new Periodic(name, pause, work);
        Thread.ofVirtual().name(name).start(periodic::run);
        return periodic;
    }

    private void run() {
        try {
            do {
                once();
            } while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void once() {
        try {
            work.run();
        } catch (StoreUnavailableException e) {
            LOG.atDebug().addKeyValue("work", name).log("skipped: no database");
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("work", name).setCause(e).log("failed; goes on");
        }
    }

    /// No further round begins.
    @Override
    public void close() {
        closed.countDown();
    }
}
