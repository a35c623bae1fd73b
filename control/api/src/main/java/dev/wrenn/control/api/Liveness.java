package dev.wrenn.control.api;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// Keeps a terminal's socket alive with `ping` messages, and finds out that nobody is there any
/// more: no frame came in and no output went out for too long. Thread-safe.
final class Liveness implements AutoCloseable {
    /// How often within the limit it is looked.
    private static final int LOOKS = 24;

    private final JsonSocket socket;
    private final long limit; // ns
    private final BooleanSupplier heldUp;
    private final Runnable dead;
    private final ScheduledFuture<?> ping;
    private final ScheduledFuture<?> look;
    private volatile long last = System.nanoTime();
    private long received; // of the clock's thread

    /// @param heldUp whether the client is not listened to just now; it may have said something
    /// @param dead called once, must not block
    Liveness(
            JsonSocket socket,
            TerminalTimes times,
            ScheduledExecutorService clock,
            BooleanSupplier heldUp,
            Runnable dead) {
        this.socket = socket;
        this.limit = times.inactivity().toNanos();
        this.heldUp = heldUp;
        this.dead = dead;
        long pause = times.ping().toNanos();
        ping =
                clock.scheduleAtFixedRate(
                        () -> socket.sendLater(JsonSocket.message("ping")),
                        pause,
                        pause,
                        TimeUnit.NANOSECONDS);
        look = clock.scheduleAtFixedRate(this::look, 0, limit / LOOKS, TimeUnit.NANOSECONDS);
    }

    /// The client took some output.
    void delivered() {
        last = System.nanoTime();
    }

    private void look() {
        long now = socket.received();
        if (now != received || heldUp.getAsBoolean()) last = System.nanoTime();
        received = now;
        if (System.nanoTime() - last < limit) return;
        close();
        dead.run();
    }

    @Override
    public void close() {
        ping.cancel(false);
        look.cancel(false);
    }
}
