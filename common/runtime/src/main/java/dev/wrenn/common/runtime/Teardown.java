package dev.wrenn.common.runtime;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/// Resources of several steps, released newest first; every release is tried.
///
/// Not thread-safe. On success [#keep()] moves ownership out, so that closing does nothing:
///
/// ```java
/// try (var undo = new Teardown()) {
///     var slot = undo.add(slots.take());
///     return new Capsule(slot, undo.keep());
/// }
/// ```
public final class Teardown implements AutoCloseable {
    private Deque<AutoCloseable> resources = new ArrayDeque<>();

    /// Takes over `resource` and returns it.
    public <T extends AutoCloseable> T add(T resource) {
        resources.push(resource);
        return resource;
    }

    /// Registers one more step to undo.
    public void onClose(AutoCloseable step) {
        resources.push(step);
    }

    /// Moves everything registered so far into a new teardown; this one is empty afterwards.
    public Teardown keep() {
        var moved = new Teardown();
        moved.resources = resources;
        resources = new ArrayDeque<>();
        return moved;
    }

    /// Releases everything; a second call does nothing.
    ///
    /// @throws TeardownException the first failure, with later ones suppressed
    @Override
    public void close() {
        @Nullable Exception first = null;
        while (!resources.isEmpty()) {
            try {
                resources.pop().close();
            } catch (Exception e) {
                if (e instanceof InterruptedException) Thread.currentThread().interrupt();
                if (first == null) first = e;
                else first.addSuppressed(e);
            }
        }
        if (first != null) throw new TeardownException(first);
    }

    /// A resource could not be released.
    public static final class TeardownException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TeardownException(Exception cause) {
            super("release failed: " + cause.getMessage(), cause);
        }
    }
}
