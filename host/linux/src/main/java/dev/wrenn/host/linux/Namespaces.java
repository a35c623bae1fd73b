package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;

/// Work inside other namespaces: those of network, where files under `/proc/sys/net`, sockets, taps
/// and processes started by the work belong to them, and those of process ids. The rest of this
/// process stays where it is. Thread-safe.
public final class Namespaces {
    private static final int CLONE_NEWNET = 0x40000000; // <linux/sched.h>
    private static final int CLONE_NEWPID = 0x20000000; // <linux/sched.h>

    private static final MethodHandle SETNS =
            Native.handle(
                    "setns", // int setns(int fd, int nstype)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));

    private static final MethodHandle UNSHARE =
            Native.handle(
                    "unshare", // int unshare(int flags)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT));

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

    /// Runs `work` on a fresh platform thread whose first child is the first process of a new
    /// namespace of process ids. It may start one process, and no thread (clone(2), EINVAL). An
    /// interrupted caller waits all the same: nobody else would know of the process.
    ///
    /// @throws ErrnoException EPERM without CAP_SYS_ADMIN
    static <T> T firstProcess(Supplier<T> work) {
        var task =
                new FutureTask<>(() -> {
                    Native.call(
                            "unshare",
                            (_, state) -> (int) UNSHARE.invokeExact(state, CLONE_NEWPID));
                    return work.get();
                });
        Thread.ofPlatform().name("first process").start(task);
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return task.get();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            if (e.getCause() instanceof Error cause) throw cause;
            throw new AssertionError(e);
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
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
