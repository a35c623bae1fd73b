package dev.wrenn.host.capsule;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs the steps of one capsule one after the other, on a virtual thread that exists only while
/// there is something to do. The capsule asks for each kind of step once, so the queue stays short.
final class Mailbox {
    private static final Logger LOG = LoggerFactory.getLogger(Mailbox.class);

    private final String name;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private final ArrayDeque<Runnable> steps = new ArrayDeque<>();

    @GuardedBy("lock")
    private boolean working;

    Mailbox(String name) {
        this.name = name;
    }

    void submit(Runnable step) {
        synchronized (lock) {
            steps.add(step);
            if (working) return;
            working = true;
        }
        Thread.ofVirtual().name(name).start(this::work);
    }

    private void work() {
        while (true) {
            Runnable step;
            synchronized (lock) {
                step = steps.poll();
                if (step == null) {
                    working = false;
                    return;
                }
            }
            try {
                step.run();
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("capsule", name).setCause(e).log("step failed");
            }
        }
    }
}
