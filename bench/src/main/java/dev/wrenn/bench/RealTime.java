package dev.wrenn.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// A thread that gets a processor whenever it wants one, sched(7): what measures stands for clients
/// on machines of their own, and does not wait for a processor behind what it measures.
final class RealTime {
    private static final Path SELF = Path.of("/proc/thread-self"); // leads to PID/task/TID

    private RealTime() {}

    /// Does it in such a thread, or in an ordinary one where that is not permitted.
    ///
    /// @throws BenchException for what it throws
    static <T> T call(Callable<T> work) {
        var task =
                new FutureTask<>(() -> {
                    enter();
                    return work.call();
                });
        Thread.ofPlatform().name("real-time").start(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof BenchException known) throw known;
            throw new BenchException(String.valueOf(e.getMessage()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        }
    }

    private static void enter() throws IOException, InterruptedException {
        var thread = Files.readSymbolicLink(SELF).getFileName().toString();
        // -R: threads that this one starts are ordinary ones
        new ProcessBuilder("chrt", "-R", "-f", "-p", "1", thread)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
    }
}
