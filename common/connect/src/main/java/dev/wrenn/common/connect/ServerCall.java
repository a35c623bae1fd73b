package dev.wrenn.common.connect;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.common.runtime.Deadline;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/// One call on the server: its deadline, and the one reason for which it may be stopped.
final class ServerCall implements CallContext {
    private final Method.Kind kind;
    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final Request core;
    private final Thread handler = Thread.currentThread();
    private final Deadline deadline;
    private final Scheduler.@Nullable Task timer;
    private final Map<String, List<String>> trailers = new LinkedHashMap<>();

    @GuardedBy("this")
    private final List<Runnable> steps = new ArrayList<>();

    @GuardedBy("this")
    private boolean done;

    @GuardedBy("this")
    private @Nullable ConnectException stopped;

    /// Made on the thread that will run the handler.
    ///
    /// @throws ConnectException `invalid_argument` for an unreadable time-out
    ServerCall(Method.Kind kind, HttpServletRequest request, HttpServletResponse response) {
        this.kind = kind;
        this.request = request;
        this.response = response;
        this.core = ServletContextRequest.getServletContextRequest(request);
        var timeout = request.getHeader(Headers.TIMEOUT);
        if (timeout == null) {
            deadline = Deadline.never();
            timer = null;
        } else {
            var span = Headers.parseTimeout(timeout);
            deadline = Deadline.after(span);
            timer =
                    core.getComponents()
                            .getScheduler()
                            .schedule(this::expire, span.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public @Nullable String header(String name) {
        return request.getHeader(name);
    }

    @Override
    public Deadline deadline() {
        return deadline;
    }

    @Override
    public synchronized boolean canceled() {
        return stopped != null;
    }

    @Override
    public void onCancel(Runnable step) {
        synchronized (this) {
            if (done) return;
            if (stopped == null) {
                steps.add(step);
                return;
            }
        }
        step.run();
    }

    @Override
    public @Nullable String peer() {
        return Tls.peer(core);
    }

    @Override
    public void responseHeader(String name, String value) {
        response.addHeader(name, value);
    }

    @Override
    public synchronized void trailer(String name, String value) {
        trailers.computeIfAbsent(name.toLowerCase(Locale.ROOT), _ -> new ArrayList<>()).add(value);
    }

    Method.Kind kind() {
        return kind;
    }

    synchronized Map<String, List<String>> trailers() {
        return new LinkedHashMap<>(trailers);
    }

    /// @throws ConnectException why the call was stopped, if it was
    synchronized void check() {
        if (stopped != null) throw stopped;
    }

    /// Stops the call for a reason; the first one counts. Interrupts the handler unless it is the
    /// caller itself, and runs the steps registered with [#onCancel].
    void stop(Code code, String message) {
        List<Runnable> due;
        synchronized (this) {
            if (done || stopped != null) return;
            stopped = new ConnectException(code, message);
            due = List.copyOf(steps);
            steps.clear();
            if (Thread.currentThread() != handler) handler.interrupt();
        }
        for (var step : due) step.run();
    }

    /// The handler has ended: no interrupt comes any more, a pending one is cleared.
    ///
    /// @return why the call was stopped before, null when it was not
    @Nullable ConnectException finish() {
        if (timer != null) timer.cancel();
        synchronized (this) {
            done = true;
            Thread.interrupted();
            return stopped;
        }
    }

    /// Slow readers and silent handlers are a stream's normal life: lifts the idle time-out of the
    /// connection and returns the old one.
    long liftIdleTimeout() {
        var endPoint = endPoint();
        long before = endPoint.getIdleTimeout();
        endPoint.setIdleTimeout(0);
        return before;
    }

    void restoreIdleTimeout(long before) {
        endPoint().setIdleTimeout(before);
    }

    /// Breaks the connection, so that the peer does not take half an answer for a whole one.
    void abort(Throwable cause) {
        endPoint().close(cause);
    }

    private EndPoint endPoint() {
        return core.getConnectionMetaData().getConnection().getEndPoint();
    }

    private void expire() { // on the server's one timer thread
        Thread.startVirtualThread(
                () -> stop(Code.DEADLINE_EXCEEDED, "the time-out of the call passed"));
    }
}
