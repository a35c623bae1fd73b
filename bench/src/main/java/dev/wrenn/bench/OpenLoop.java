package dev.wrenn.bench;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

/// Calls that come at a rate, whether those before are answered or not.
///
/// @param times of those that went well, each from when it was due
/// @param errors what the others ended with
record OpenLoop(Samples times, java.util.List<String> errors) {
    /// Returns when all have ended.
    ///
    /// @param rate calls per second
    static OpenLoop run(double rate, int count, Runnable call) {
        var times = new ConcurrentLinkedQueue<Double>();
        var errors = new ConcurrentLinkedQueue<String>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            long start = System.nanoTime();
            for (int i = 0; i < count; i++) {
                long due = start + (long) (i * 1e9 / rate);
                for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime())
                    LockSupport.parkNanos(left);
                threads.execute(() -> {
                    try {
                        call.run();
                        times.add((System.nanoTime() - due) / 1e6);
                    } catch (RuntimeException e) {
                        errors.add(String.valueOf(e.getMessage()));
                    }
                });
            }
        }
        return new OpenLoop(
                new Samples(times.stream().mapToDouble(Double::doubleValue).toArray()),
                java.util.List.copyOf(errors));
    }
}
