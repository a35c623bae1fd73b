package dev.wrenn.host.linux;

import java.util.concurrent.atomic.AtomicInteger;

/// An open file descriptor and the duty to close it. Thread-safe; closing twice is fine.
public final class Fd implements AutoCloseable {
    private static final int CLOSED = -1;

    private final AtomicInteger number;

    Fd(int number) {
        this.number = new AtomicInteger(number);
    }

    /// The kernel's number, for calls and for `/proc/self/fd/N`.
    ///
    /// @throws IllegalStateException after [#close()]
    public int number() {
        int value = number.get();
        if (value == CLOSED) throw new IllegalStateException("descriptor is closed");
        return value;
    }

    /// True until [#close()].
    public boolean isOpen() {
        return number.get() != CLOSED;
    }

    @Override
    public void close() {
        int value = number.getAndSet(CLOSED);
        if (value != CLOSED) Posix.close(value);
    }

    @Override
    public String toString() {
        return "fd " + number.get();
    }
}
