package dev.wrenn.host.guest;

import dev.wrenn.common.runtime.Deadline;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// The TCP ports of one guest, and who uses them from outside. One object per life of a guest:
/// connections that were made for it are never used for the next one. Thread-safe.
public final class GuestPorts {
    /// Most requests and tunnels at a time.
    public static final int LIMIT = 4096;

    private static final Duration ASK_LIMIT = Duration.ofSeconds(2);

    private final String address;
    private final GuestSetup setup;
    private final Set<Use> uses = new LinkedHashSet<>(); // guarded by this
    private final List<Runnable> ends = new ArrayList<>(); // guarded by this
    private boolean draining; // guarded by this
    private boolean closed; // guarded by this

    GuestPorts(String address, GuestSetup setup) {
        this.address = address;
        this.setup = setup;
    }

    /// Something that talks to a port.
    public interface Use {
        /// True when it ends by itself, soon.
        boolean isRequest();

        /// Ends it now.
        void cut(String why);
    }

    /// Whether one may talk to the guest.
    public enum Entry {
        OPEN,
        /// The guest is about to be paused, or gone.
        CLOSED,
        /// Too many do.
        FULL
    }

    /// Where a port is dialled.
    public URI at(int port) {
        return URI.create("http://" + address + ":" + port);
    }

    /// The same, for a connection of bytes.
    public InetSocketAddress address(int port) {
        return new InetSocketAddress(address, port);
    }

    /// Asks envd to make a port reachable on which somebody listens inside the guest only, within 2
    /// s. Completes normally, whatever comes of it.
    public CompletableFuture<?> expose(int port) {
        return setup.expose(port)
                .completeOnTimeout(null, ASK_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(_ -> null);
    }

    /// Adds a use, unless it must not begin.
    public synchronized Entry enter(Use use) {
        if (draining || closed) return Entry.CLOSED;
        if (uses.size() >= LIMIT) return Entry.FULL;
        uses.add(use);
        return Entry.OPEN;
    }

    /// The use is over.
    public synchronized void leave(Use use) {
        uses.remove(use);
        if (draining) notifyAll();
    }

    /// How many uses there are.
    public synchronized int count() {
        return uses.size();
    }

    /// Runs when the guest is gone; at once when it is.
    public void onClose(Runnable step) {
        synchronized (this) {
            if (!closed) {
                ends.add(step);
                return;
            }
        }
        step.run();
    }

    /// Takes no new use, gives requests under way some time and ends what is left: no connection
    /// outlives a pause.
    public void drain(Duration limit) {
        List<Use> left;
        var deadline = Deadline.after(limit);
        synchronized (this) {
            draining = true;
            try {
                while (uses.stream().anyMatch(Use::isRequest) && !deadline.passed())
                    wait(Math.max(1, deadline.left().toMillis()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            left = List.copyOf(uses);
        }
        for (var use : left) use.cut("the capsule is being paused");
    }

    /// Ends everything: the guest is gone.
    void close(String why) {
        List<Use> left;
        List<Runnable> steps;
        synchronized (this) {
            closed = true;
            left = List.copyOf(uses);
            steps = List.copyOf(ends);
            ends.clear();
        }
        for (var use : left) use.cut(why);
        for (var step : steps) step.run();
    }
}
