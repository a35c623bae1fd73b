package dev.wrenn.bench;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/// Several kept connections over which one thread asks, so that the kernel has no other to wake for
/// each answer. Not thread-safe.
final class KeptConnections implements AutoCloseable {
    private static final long LOOK_MS = 1000;
    private static final long NAP_NS = 150_000;

    interface Made {
        KeptConnection made() throws IOException;
    }

    private static final class Line {
        final KeptConnection connection;
        int number;

        Line(KeptConnection connection) {
            this.connection = connection;
        }
    }

    private final Selector selector = Selector.open();
    private final List<Line> all = new ArrayList<>();
    private final ArrayDeque<Line> free;
    private final IntConsumer answered;
    private final Consumer<SelectionKey> read = this::read; // made once

    /// @param answered is given the number of what was asked when its answer is whole
    KeptConnections(int count, Made made, IntConsumer answered) throws IOException {
        this.free = new ArrayDeque<>(count);
        this.answered = answered;
        for (int i = 0; i < count; i++) {
            var line = new Line(made.made());
            line.connection.register(selector, line);
            all.add(line);
            free.add(line);
        }
    }

    boolean hasFree() {
        return !free.isEmpty();
    }

    /// Asks over a free one.
    void ask(int number) {
        var line = free.remove();
        line.number = number;
        line.connection.ask();
    }

    /// Takes what has come. When nothing has, waits for it as long as that, or less; where that is
    /// below a millisecond, [#NAP_NS]: it is woken for a handful of answers, not for each.
    void hear(long nanos) throws IOException {
        if (selector.selectNow(read) > 0 || nanos <= 0) return;
        long millis = TimeUnit.NANOSECONDS.toMillis(nanos);
        if (millis == 0) LockSupport.parkNanos(NAP_NS); // a selector waits for whole ones
        else if (selector.select(read, Math.min(millis, LOOK_MS)) == 0)
            for (var line : all) line.connection.check();
    }

    private void read(SelectionKey key) {
        var line = (Line) key.attachment();
        if (!line.connection.heard()) return;
        free.add(line);
        answered.accept(line.number);
    }

    @Override
    public void close() throws IOException {
        for (var line : all) line.connection.close();
        selector.close();
    }
}
