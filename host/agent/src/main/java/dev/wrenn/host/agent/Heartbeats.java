package dev.wrenn.host.agent;

import dev.wrenn.host.capsule.Capsules;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Says again and again that the host is alive. When nobody has heard it for too long, or nobody
/// may any more, every capsule is saved: what is on disk survives whatever comes next. Thread-safe.
final class Heartbeats implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Heartbeats.class);
    private static final double JITTER = 0.2;

    private final Membership membership;
    private final Capsules capsules;
    private final Contact contact;
    private final FleetConfig config;
    private final Runnable stopAgent;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final AtomicBoolean saving = new AtomicBoolean();
    private final Thread thread;

    private Heartbeats(
            Membership membership,
            Capsules capsules,
            Contact contact,
            FleetConfig config,
            Runnable stopAgent) {
        this.membership = membership;
        this.capsules = capsules;
        this.contact = contact;
        this.config = config;
        this.stopAgent = stopAgent;
        this.thread = Thread.ofVirtual().name("heartbeats").unstarted(this::run);
    }

    /// @param stopAgent asks for the end of this process
    static Heartbeats start(
            Membership membership,
            Capsules capsules,
            Contact contact,
            FleetConfig config,
            Runnable stopAgent) {
        var beats = new Heartbeats(membership, capsules, contact, config, stopAgent);
        beats.thread.start();
        return beats;
    }

    private void run() {
        try {
            do {
                if (over(beat())) return;
            } while (!closed.await(pause(), TimeUnit.NANOSECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Membership.Beat beat() throws InterruptedException {
        try {
            return membership.beat();
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("heartbeat failed");
            return Membership.Beat.LOST;
        }
    }

    /// @return whether the host is none any more
    private boolean over(Membership.Beat beat) throws InterruptedException {
        return switch (beat) {
            case HEARD -> {
                contact.heard();
                yield false;
            }
            case LOST -> {
                if (contact.silence().compareTo(config.grace()) >= 0) saveWithoutWaiting();
                yield false;
            }
            case REFUSED -> {
                LOG.atError().log("the host may not go on: saving its capsules and stopping");
                capsules.pauseAll();
                stopAgent.run();
                yield true;
            }
            case GONE -> {
                LOG.atWarn().log("the host was deleted: saving its capsules and stopping");
                capsules.pauseAll();
                membership.forget();
                stopAgent.run();
                yield true;
            }
        };
    }

    /// Heartbeats go on meanwhile. Done again with each one that is lost: what could not be saved,
    /// or began to run since, is next.
    private void saveWithoutWaiting() {
        if (!saving.compareAndSet(false, true)) return;
        Thread.ofVirtual()
                .name("save-all")
                .start(() -> {
                    try {
                        int saved = capsules.pauseAll();
                        if (saved > 0)
                            LOG.atWarn()
                                    .addKeyValue("silence", contact.silence())
                                    .addKeyValue("capsules", saved)
                                    .log("no control plane for too long: capsules saved");
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        saving.set(false);
                    }
                });
    }

    /// Not all hosts at once.
    private long pause() {
        double some = 1 - JITTER * RandomGenerator.getDefault().nextDouble();
        return (long) (config.heartbeat().toNanos() * some);
    }

    /// No further heartbeat begins.
    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        membership.close();
    }
}
