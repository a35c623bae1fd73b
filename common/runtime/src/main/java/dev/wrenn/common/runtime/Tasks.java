package dev.wrenn.common.runtime;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Fan-out on virtual threads: one deadline for all, the first failure interrupts the rest.
public final class Tasks {
    private Tasks() {}

    /// Runs all tasks and returns their results in the order given.
    ///
    /// @throws ExecutionException the first failure; the others have been interrupted
    /// @throws TimeoutException when the deadline passed; all have been interrupted
    public static <T> List<T> all(Duration limit, List<? extends Callable<T>> tasks)
            throws InterruptedException, ExecutionException, TimeoutException {
        var deadline = Deadline.after(limit);
        var pool = Executors.newVirtualThreadPerTaskExecutor();
        try {
            var done = new ExecutorCompletionService<T>(pool);
            var futures = new ArrayList<Future<T>>();
            for (var task : tasks) futures.add(done.submit(task));
            for (int i = 0; i < futures.size(); i++) {
                var next = done.poll(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
                if (next == null) throw new TimeoutException("after " + limit);
                next.get();
            }
            var results = new ArrayList<T>();
            for (var future : futures) results.add(future.resultNow());
            return results;
        } finally {
            pool.shutdownNow();
        }
    }
}
