package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Descriptors of other processes.
public final class Descriptors {
    private static final long NR_PIDFD_OPEN = 434; // x86-64, <asm/unistd_64.h>
    private static final long NR_PIDFD_GETFD = 438; // x86-64, <asm/unistd_64.h>

    private static final MethodHandle SYSCALL =
            Native.handle(
                    "syscall",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT),
                    Linker.Option.firstVariadicArg(1)); // long syscall(long number, ...)

    private Descriptors() {}

    /// A copy of a descriptor that another process has, pidfd_getfd(2).
    ///
    /// @throws ErrnoException ESRCH when the process is gone, EBADF when it has no such descriptor,
    ///   EPERM without CAP_SYS_PTRACE
    public static Fd copy(int pid, int number) {
        try (var process = process(pid)) {
            return new Fd((int) syscall("pidfd_getfd", NR_PIDFD_GETFD, process.number(), number));
        }
    }

    /// A descriptor that becomes readable when the process ends, pidfd_open(2).
    ///
    /// @throws ErrnoException ESRCH when it has ended already
    public static Fd process(int pid) {
        return new Fd((int) syscall("pidfd_open", NR_PIDFD_OPEN, pid, 0));
    }

    /// Numbers of a process's descriptors that link to `target`, such as
    /// `anon_inode:[userfaultfd]`.
    public static List<Integer> numbers(int pid, String target) throws IOException {
        var found = new ArrayList<Integer>();
        try (var entries = Files.list(Path.of("/proc", Integer.toString(pid), "fd"))) {
            for (var entry : entries.toList()) {
                if (Files.readSymbolicLink(entry).toString().equals(target))
                    found.add(Integer.parseInt(entry.getFileName().toString()));
            }
        }
        return found;
    }

    private static long syscall(String name, long number, int first, int second) {
        return Native.call(
                name, (_, state) -> (long) SYSCALL.invokeExact(state, number, first, second, 0));
    }
}
