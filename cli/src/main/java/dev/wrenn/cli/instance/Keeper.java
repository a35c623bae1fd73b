package dev.wrenn.cli.instance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.cli.instance.Part.Running;
import dev.wrenn.common.runtime.Backoff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps one part alive: starts it when what it needs is healthy, starts it again when it dies, at
/// growing intervals, until it is told to stop. Thread-safe.
final class Keeper {
    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /// A part that lived so long starts again at once when it dies.
    private static final Duration SETTLED = Duration.ofSeconds(30);

    private static final Duration PROBE_PAUSE = Duration.ofMillis(100);

    /// What `status` shows. `pid` is 0 when there is no process.
    record Status(
            String name,
            State state,
            long pid,
            @Nullable Instant since,
            int restarts,
            String note) {}

    enum State {
        STARTING,
        UP,
        RESTARTING,
        STOPPED
    }

    private final Part part;
    private final List<Keeper> needs;
    private final Path pidFile;
    private final Runnable changed;
    private final Backoff backoff =
            new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
    private final CompletableFuture<Void> stopping = new CompletableFuture<>();

    /// Never held during a start, a probe or a wait.
    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable Running running;

    @GuardedBy("lock")
    private Status status;

    /// @param needs parts that must be healthy before this one starts
    /// @param changed called after each change of the status, on any thread
    Keeper(Part part, List<Keeper> needs, Path pidFile, Runnable changed) {
        this.part = part;
        this.needs = List.copyOf(needs);
        this.pidFile = pidFile;
        this.changed = changed;
        this.status = new Status(part.name(), State.STOPPED, 0, null, 0, "");
    }

    Status status() {
        synchronized (lock) {
            return status;
        }
    }

    /// True when the process runs and does its work.
    boolean isHealthy() {
        return current() != null && part.isHealthy();
    }

    private @Nullable Running current() {
        synchronized (lock) {
            return running != null && !running.exit().isDone() ? running : null;
        }
    }

    /// The first start, which must succeed; from then on the part is kept.
    ///
    /// @throws InstanceException when it ends or is not healthy in time; it is stopped then
    void start() {
        update(State.STARTING, "");
        try {
            var life = launch();
            Thread.ofVirtual().name("keep-" + part.name()).start(() -> keep(life));
        } catch (IOException | InstanceException e) {
            stop();
            throw e instanceof InstanceException known
                    ? known
                    : new InstanceException(part.name() + ": " + e.getMessage(), e);
        }
    }

    private void keep(Running first) {
        var life = first;
        while (true) {
            var began = Instant.now();
            int code = life.exit().join();
            if (stopping.isDone()) return;
            LOG.atWarn()
                    .addKeyValue("part", part.name())
                    .addKeyValue("exit", code)
                    .log("part died");
            if (Duration.between(began, Instant.now()).compareTo(SETTLED) > 0) backoff.reset();
            var next = restart("exit code " + code);
            if (next == null) return;
            life = next;
        }
    }

    /// @return null when told to stop meanwhile
    private @Nullable Running restart(String why) {
        var note = why;
        while (true) {
            update(State.RESTARTING, note);
            if (pause(backoff.next())) return null;
            for (var need : needs) while (!need.isHealthy()) if (pause(FIRST_PAUSE)) return null;
            try {
                var life = launch();
                LOG.atInfo().addKeyValue("part", part.name()).log("part is up again");
                return life;
            } catch (IOException | InstanceException e) {
                if (stopping.isDone()) return null;
                note = String.valueOf(e.getMessage());
                LOG.atWarn().setCause(e).addKeyValue("part", part.name()).log("restart failed");
            }
        }
    }

    /// One life from its start until it is healthy.
    private Running launch() throws IOException {
        var life = part.start();
        boolean again;
        synchronized (lock) {
            running = life;
            again = status.state() == State.RESTARTING;
            status =
                    new Status(
                            part.name(),
                            State.STARTING,
                            life.id().pid(),
                            Instant.now(),
                            status.restarts() + (again ? 1 : 0),
                            "");
        }
        changed.run();
        life.id().write(pidFile);
        long end = System.nanoTime() + part.startLimit().toNanos();
        while (!part.isHealthy()) {
            if (life.exit().isDone())
                throw new InstanceException(
                        part.name()
                                + " ended with exit code "
                                + life.exit().join()
                                + "; "
                                + tail());
            if (System.nanoTime() > end) {
                end(life);
                throw new InstanceException(
                        part.name()
                                + " is not ready after "
                                + part.startLimit().toSeconds()
                                + " s; "
                                + tail());
            }
            if (pause(PROBE_PAUSE)) {
                end(life);
                throw new InstanceException(part.name() + " was stopped while it started");
            }
        }
        update(State.UP, "");
        return life;
    }

    /// @return true when told to stop
    private boolean pause(Duration span) {
        try {
            stopping.get(span.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } catch (ExecutionException e) {
            throw new AssertionError(e); // only ever completed normally
        }
    }

    /// No restarts from here on; the process goes on running.
    void release() {
        stopping.complete(null);
    }

    /// Ends the part; returns when its process is gone. A second call does nothing.
    void stop() {
        release();
        Running life;
        synchronized (lock) {
            life = running;
        }
        if (life != null) end(life);
        update(State.STOPPED, "");
        try {
            Files.deleteIfExists(pidFile);
        } catch (IOException e) {
            LOG.atWarn().setCause(e).addKeyValue("part", part.name()).log("pid file stays");
        }
    }

    /// Waits until the process ended by itself.
    ///
    /// @return false when it still runs
    boolean awaitExit(Duration limit) {
        var life = current();
        return life == null || life.id().awaitGone(limit);
    }

    private void end(Running life) {
        if (life.exit().isDone()) return;
        life.stop().run();
        if (life.id().awaitGone(part.stopLimit())) return;
        LOG.atWarn().addKeyValue("part", part.name()).log("part does not end, killing it");
        life.id().end(Duration.ZERO);
    }

    private void update(State state, String note) {
        synchronized (lock) {
            var now = running != null && !running.exit().isDone() ? running : null;
            status =
                    new Status(
                            part.name(),
                            state,
                            now == null ? 0 : now.id().pid(),
                            status.since(),
                            status.restarts(),
                            note);
        }
        changed.run();
    }

    private String tail() {
        return LogFiles.tail(part.log());
    }
}
