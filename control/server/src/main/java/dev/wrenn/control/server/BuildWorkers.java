package dev.wrenn.control.server;

import dev.wrenn.control.domain.builds.Builds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;

/// The threads that carry out builds.
final class BuildWorkers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final CountDownLatch stop = new CountDownLatch(1);
    private final List<Thread> threads = new ArrayList<>();

    private BuildWorkers() {}

    static BuildWorkers start(Builds builds, int count) {
        var workers = new BuildWorkers();
        for (int i = 1; i <= count; i++) {
            var name = "build-worker-" + i;
            // Another life of this process is another worker.
            var id = name + "-" + UUID.randomUUID();
            workers.threads.add(
                    Thread.ofVirtual()
                            .name(name)
                            .start(() -> {
                                try {
                                    builds.work(id, workers.stop);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                }
                            }));
        }
        return workers;
    }

    /// Builds under way are cut short.
    @Override
    public void close() {
        stop.countDown();
        long end = System.nanoTime() + PATIENCE.toNanos();
        try {
            for (var thread : threads) {
                long left = Math.max(1, end - System.nanoTime());
                if (!thread.join(Duration.ofNanos(left))) thread.interrupt();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
