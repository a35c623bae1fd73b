package dev.wrenn.host.guest;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.contracts.process.StartResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One program running in a guest. [#next(Duration)] is for one thread, everything else for any.
///
/// A pump thread moves events from the guest into a short queue; when nobody takes them it waits,
/// and so does the program. Closing before the end kills the process group (SIGTERM, SIGKILL after
/// 5 s).
public final class Execution implements AutoCloseable {
    private static final int QUEUE = 16; // pieces of at most 32 KiB
    private static final Duration TERM_GRACE = Duration.ofSeconds(5);
    private static final Duration KILL_GRACE = Duration.ofSeconds(2);

    /// The guest's side: how the group is signalled, and who forgets an ended execution.
    interface Control {
        /// @return false when the guest has no such process (yet)
        boolean signal(KillSignal signal);

        void ended(Execution execution);
    }

    private final ServerStream<StartResponse> stream;
    private final Command command;
    private final Control control;
    private final Deadline limit;

    // Nothing but the queue is touched under it: no I/O, no call to another room.
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock")
    private final ArrayDeque<ExecEvent> queue = new ArrayDeque<>();

    @GuardedBy("lock")
    private ExecEvent.@Nullable Last last; // queued like any other event

    @GuardedBy("lock")
    private boolean discarding; // output has no reader any more

    @GuardedBy("lock")
    private boolean released; // ended, detached or being killed

    @GuardedBy("lock")
    private boolean read; // nothing more is read

    @GuardedBy("lock")
    private boolean blind; // its reader was interrupted: the program's end will not be seen

    Execution(ServerStream<StartResponse> stream, Command command, Control control) {
        this.stream = stream;
        this.command = command;
        this.control = control;
        this.limit = command.limit().isZero() ? Deadline.never() : Deadline.after(command.limit());
    }

    Execution started() {
        Thread.ofVirtual().name("exec-pump").start(this::pump);
        return this;
    }

    /// Reads events in this thread until the last one, in place of [#started()] and [#next]: who
    /// only waits for a program needs no queue and no pump.
    ///
    /// @param to takes what comes before the last one
    ExecEvent.Last collect(Consumer<ExecEvent> to) throws InterruptedException {
        if (!command.limit().isZero())
            Thread.ofVirtual().name("exec-limit").start(this::watchLimit);
        read(to::accept);
        lock.lock();
        try {
            if (last != null) return last;
        } finally {
            lock.unlock();
        }
        throw new IllegalStateException("a stream that ended without an event");
    }

    /// Ends it when its time is over before its program is.
    private void watchLimit() {
        try {
            if (!readingEnds(limit.left())) timedOut();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Waits for the next event.
    ///
    /// @param wait longest wait, then [ExecEvent.Idle]
    /// @return a [ExecEvent.Last] event again and again once it was reached
    public ExecEvent next(Duration wait) throws InterruptedException {
        var until = Deadline.after(wait);
        lock.lock();
        try {
            while (last != null || !limit.passed()) {
                var event = queue.poll();
                if (event != null) {
                    changed.signalAll();
                    return event;
                }
                if (last != null) return last;
                var left = until.left().compareTo(limit.left()) < 0 ? until.left() : limit.left();
                if (until.passed()) return new ExecEvent.Idle();
                changed.awaitNanos(left.toNanos());
            }
        } finally {
            lock.unlock();
        }
        return timedOut();
    }

    /// Lets the program run on after [#close()].
    public void detach() {
        lock.lock();
        try {
            released = true;
            discarding = true;
            queue.clear();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        stream.close();
    }

    /// Ends the program's process group if it still runs; does not wait for that.
    @Override
    public void close() {
        if (!release()) return;
        Thread.ofVirtual().name("exec-kill").start(() -> kill(KillSignal.TERM, TERM_GRACE));
    }

    /// The guest is gone: what was received can still be read, then comes this.
    void abort(String reason) {
        finish(new ExecEvent.Unreachable(reason));
        stream.close();
    }

    private ExecEvent timedOut() {
        var outcome = new ExecEvent.TimedOut(command.limit());
        finish(outcome);
        if (release()) kill(KillSignal.KILL, KILL_GRACE);
        return outcome;
    }

    /// @return true for the first caller, when the program may still be running
    private boolean release() {
        lock.lock();
        try {
            discarding = true;
            queue.clear();
            changed.signalAll();
            boolean first = !released;
            released = true;
            return first;
        } finally {
            lock.unlock();
        }
    }

    /// Signals until the end was seen: the program may not have started yet when the first signal
    /// comes, or ignore SIGTERM.
    private void kill(KillSignal first, Duration grace) {
        try {
            control.signal(first);
            if (!readingEnds(grace)) {
                control.signal(KillSignal.KILL);
                readingEnds(KILL_GRACE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            stream.close();
        }
    }

    private boolean readingEnds(Duration wait) throws InterruptedException {
        var until = Deadline.after(wait);
        lock.lock();
        try {
            while (!read || blind) {
                if (until.passed()) return false;
                changed.awaitNanos(until.left().toNanos());
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void pump() {
        try {
            read(this::offer);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody interrupts a pump; end it all the same
        }
    }

    private interface Sink {
        void take(ExecEvent event) throws InterruptedException;
    }

    private void read(Sink to) throws InterruptedException {
        boolean draining = false;
        try {
            while (true) {
                var message = stream.next();
                if (message == null) {
                    finish(new ExecEvent.Unreachable("the stream ended before the program"));
                    return;
                }
                var event = GuestEvents.read(message);
                if (event instanceof ExecEvent.Last end) {
                    finish(end);
                    draining = true;
                    Thread.ofVirtual().name("exec-drain").start(this::drain);
                    return;
                }
                if (event != null) to.take(event);
            }
        } catch (ConnectException e) {
            if (Thread.interrupted()) throw interrupted();
            failed(e, to);
        } finally {
            readingEnded();
            if (!draining) stream.close();
            control.ended(this);
        }
    }

    private InterruptedException interrupted() {
        lock.lock();
        try {
            blind = true;
        } finally {
            lock.unlock();
        }
        return new InterruptedException("interrupted while reading");
    }

    /// Reads what ends the response: only then does its connection serve the next call. It comes at
    /// once, and whoever waits for the program has its outcome already.
    private void drain() {
        try {
            while (stream.next() != null) {
                // nothing follows the end of a program
            }
        } catch (ConnectException e) {
            // the connection is lost, the outcome is not
        } finally {
            stream.close();
        }
    }

    private void readingEnded() {
        lock.lock();
        try {
            read = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void failed(ConnectException e, Sink to) throws InterruptedException {
        var end = GuestEvents.failure(e, command);
        if (end instanceof ExecEvent.Exited missing)
            to.take(new ExecEvent.Stderr(ByteString.copyFromUtf8(missing.error() + "\n")));
        finish(end);
    }

    private void offer(ExecEvent event) throws InterruptedException {
        lock.lock();
        try {
            while (queue.size() >= QUEUE && !discarding) changed.await();
            if (discarding) return;
            queue.add(event);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void finish(ExecEvent.Last event) {
        lock.lock();
        try {
            if (last != null) return;
            last = event;
            // After these the process group is gone, or never was; a time-out still has to kill it,
            // and so does a lost stream, if the guest can still be reached.
            if (event instanceof ExecEvent.Exited || event instanceof ExecEvent.Rejected)
                released = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
