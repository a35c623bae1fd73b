package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// Work inside another network namespace. Files under `/proc/sys/net`, sockets, taps and processes
/// started by the work belong to it; the rest of this process stays where it is. Thread-safe.
public final class Namespaces {
    private static final int CLONE_NEWNET = 0x40000000; // <linux/sched.h>

    private static final MethodHandle SETNS =
            Native.handle(
                    "setns", // int setns(int fd, int nstype)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private Namespaces() {}

    /// Runs `work` on a fresh platform thread that has entered the namespace and ends with it.
    ///
    /// @throws ErrnoException when the namespace cannot be entered
    /// @throws Exception what `work` throws; interrupted: the work is interrupted and awaited
    public static <T> T call(Path netns, Callable<T> work) throws Exception {
        var task =
                new FutureTask<>(() -> {
                    enter(netns);
                    return work.call();
                });
        var thread = Thread.ofPlatform().name("netns " + netns.getFileName()).start(task);
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) throw cause;
            if (e.getCause() instanceof Error cause) throw cause;
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            thread.interrupt();
            thread.join();
            throw e;
        }
    }

    private static void enter(Path netns) {
        try (var fd = Posix.open(netns, Posix.O_RDONLY)) {
            Native.call(
                    "setns " + netns,
                    (_, state) -> (int) SETNS.invokeExact(state, fd.number(), CLONE_NEWNET));
        }
    }
}
