package dev.wrenn.control.domain.images;

import java.util.ArrayDeque;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Some calls under way at once, their results in the order of asking. For one thread; closing
/// waits for those under way.
final class Window<T> implements AutoCloseable {
    private final int width;
    private final ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor();
    private final ArrayDeque<Future<T>> underWay = new ArrayDeque<>();

    Window(int width) {
        this.width = width;
    }

    boolean full() {
        return underWay.size() >= width;
    }

    boolean empty() {
        return underWay.isEmpty();
    }

    void add(Callable<T> call) {
        underWay.add(pool.submit(call));
    }

    /// The result of the oldest one.
    T next() throws InterruptedException {
        try {
            return underWay.remove().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failure) throw failure;
            throw new ObjectStoreException("transfer broke", e);
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
        pool.close();
    }
}
