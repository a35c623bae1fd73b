package dev.wrenn.common.connect;

import dev.wrenn.common.runtime.Deadline;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The calls that a service is running. Thread-safe.
final class LiveCalls {
    private static final String STOPPING = "the server is stopping";

    private final Set<ServerCall> calls = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    /// @throws ConnectException `unavailable` when the service takes no calls any more
    void add(ServerCall call) {
        calls.add(call);
        if (!stopping) return;
        calls.remove(call);
        throw new ConnectException(Code.UNAVAILABLE, STOPPING);
    }

    void remove(ServerCall call) {
        calls.remove(call);
        if (!stopping) return;
        synchronized (this) {
            notifyAll();
        }
    }

    /// Refuses new calls and stops the running ones of these kinds.
    void stop(Set<Method.Kind> kinds) {
        stopping = true;
        for (var call : calls)
            if (kinds.contains(call.kind())) call.stop(Code.UNAVAILABLE, STOPPING);
    }

    /// Waits until no call runs, or the deadline passes, or this thread is interrupted (it stays
    /// so). After [#stop] only.
    synchronized void awaitNone(Deadline deadline) {
        try {
            while (!calls.isEmpty() && !deadline.passed())
                wait(Math.max(1, deadline.left().toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
