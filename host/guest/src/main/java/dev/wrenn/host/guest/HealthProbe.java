package dev.wrenn.host.guest;

import dev.wrenn.common.runtime.Deadline;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Waits until a booting guest answers. One use; [#cancel()] from any thread.
///
/// A SYN sent before the guest's network is up is lost, and TCP sends the next after a full second.
/// So connections are given up after 40 ms and tried again at once. The limit grows slowly with the
/// wait, for guests on hosts so busy that an answer takes longer.
public final class HealthProbe {
    private static final long FIRST_LIMIT_MS = 40;
    private static final long LAST_LIMIT_MS = 1_000;
    private static final long GROWTH = 50; // limit = waited / 50: 40 ms for 2 s, 1 s after 50 s
    private static final long REFUSED_PAUSE_NANOS = 4_000_000; // network up, envd not yet listening

    private final InetSocketAddress address;
    private final Supplier<Optional<String>> health;
    private volatile boolean canceled;
    private volatile @Nullable Socket current;

    HealthProbe(InetSocketAddress address, Supplier<Optional<String>> health) {
        this.address = address;
        this.health = health;
    }

    /// How the wait ended.
    public sealed interface Outcome {
        /// The guest answers.
        ///
        /// @param version of envd
        record Up(String version) implements Outcome {}

        /// The deadline passed.
        record Late(Duration waited) implements Outcome {}

        /// [HealthProbe#cancel()] was called.
        record Canceled() implements Outcome {}
    }

    /// Blocks until the guest answers `GET /health`.
    public Outcome await(Deadline deadline) {
        long start = System.nanoTime();
        while (true) {
            var waited = Duration.ofNanos(System.nanoTime() - start);
            if (canceled) return new Outcome.Canceled();
            if (deadline.passed()) return new Outcome.Late(waited);
            if (!connects(waited)) continue;
            var version = health.get();
            if (version.isPresent()) return new Outcome.Up(version.get());
            LockSupport.parkNanos(REFUSED_PAUSE_NANOS);
        }
    }

    /// Ends [#await(Deadline)] at once.
    public void cancel() {
        canceled = true;
        var socket = current;
        if (socket == null) return;
        try {
            socket.close();
        } catch (IOException e) {
            // closing was only to wake the waiting thread, which looks at the flag
        }
    }

    private boolean connects(Duration waited) {
        long limit = Math.clamp(waited.toMillis() / GROWTH, FIRST_LIMIT_MS, LAST_LIMIT_MS);
        try (var socket = new Socket()) {
            current = socket;
            if (canceled) return false;
            socket.connect(address, (int) limit);
            return true;
        } catch (SocketTimeoutException e) {
            return false; // nobody there yet: the next SYN at once
        } catch (IOException e) {
            if (!canceled) LockSupport.parkNanos(REFUSED_PAUSE_NANOS);
            return false;
        } finally {
            current = null;
        }
    }
}
