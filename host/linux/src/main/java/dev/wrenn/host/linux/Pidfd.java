package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.time.Duration;
import java.util.Optional;

/// A process that cannot be mistaken for a later one with the same id, pidfd_open(2). It need not
/// be our child. Thread-safe, except that nobody may wait while another thread closes.
public final class Pidfd implements AutoCloseable {
    // <asm/signal.h>
    public static final int SIGKILL = 9;
    public static final int SIGTERM = 15;

    private static final long NR_PIDFD_SEND_SIGNAL = 424; // x86-64, <asm/unistd_64.h>
    private static final long NR_PIDFD_OPEN = 434; // x86-64, <asm/unistd_64.h>
    private static final int P_PIDFD = 3; // <linux/wait.h>
    private static final int WNOHANG = 1; // <linux/wait.h>
    private static final int WEXITED = 4; // <linux/wait.h>
    private static final int CLD_EXITED = 1; // <asm-generic/siginfo.h>
    private static final long SIGINFO_BYTES = 128; // SI_MAX_SIZE, <asm-generic/siginfo.h>
    private static final long SI_CODE = 8; // offsetof(siginfo_t, si_code)
    private static final long SI_PID = 16; // offsetof(siginfo_t, si_pid)
    private static final long SI_STATUS = 24; // offsetof(siginfo_t, si_status)

    private static final MethodHandle SYSCALL_OPEN =
            Native.handle(
                    "syscall", // long syscall(long number, ...)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT),
                    Linker.Option.firstVariadicArg(1));
    private static final MethodHandle SYSCALL_SIGNAL =
            Native.handle(
                    "syscall",
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT),
                    Linker.Option.firstVariadicArg(1));
    private static final MethodHandle WAITID =
            Native.handle(
                    "waitid", // int waitid(idtype_t, id_t, siginfo_t *, int options)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));

    private final int pid;
    private final Fd fd;

    private Pidfd(int pid, Fd fd) {
        this.pid = pid;
        this.fd = fd;
    }

    /// @throws ErrnoException ESRCH when there is no such process
    public static Pidfd open(int pid) {
        long fd =
                Native.call(
                        "pidfd_open " + pid,
                        (_, state) ->
                                (long) SYSCALL_OPEN.invokeExact(state, NR_PIDFD_OPEN, pid, 0));
        return new Pidfd(pid, new Fd((int) fd));
    }

    /// The process id at the time of opening.
    public int pid() {
        return pid;
    }

    /// The descriptor itself: readable once the process has ended. Remains this object's to close.
    public Fd fd() {
        return fd;
    }

    /// pidfd_send_signal(2).
    ///
    /// @return false when the process has ended
    public boolean signal(int signal) {
        try {
            Native.call(
                    "pidfd_send_signal",
                    (_, state) ->
                            (long)
                                    SYSCALL_SIGNAL.invokeExact(
                                            state,
                                            NR_PIDFD_SEND_SIGNAL,
                                            fd.number(),
                                            signal,
                                            MemorySegment.NULL,
                                            0));
            return true;
        } catch (ErrnoException e) {
            if (e.errno() == ErrnoException.ESRCH) return false;
            throw e;
        }
    }

    /// True until the process has ended; a zombie has.
    public boolean isAlive() {
        return !Poll.readable(fd, Duration.ZERO);
    }

    /// Waits for the end. Holds its carrier: call it on a platform thread, or for short times.
    ///
    /// @return false when time ran out
    public boolean awaitExit(Duration limit) {
        return Poll.readable(fd, limit);
    }

    /// Waits for the end without limit; call it on a platform thread.
    public void awaitExit() {
        Poll.readable(fd);
    }

    /// Collects the zombie of an ended child, waitid(2).
    ///
    /// @return empty while it runs, when it is not our child, or when it was collected before
    public Optional<ExitStatus> reap() {
        var found = new ExitStatus[1];
        try {
            Native.call(
                    "waitid",
                    (arena, state) -> {
                        var info = arena.allocate(SIGINFO_BYTES, 8);
                        int result =
                                (int)
                                        WAITID.invokeExact(
                                                state,
                                                P_PIDFD,
                                                fd.number(),
                                                info,
                                                WEXITED | WNOHANG);
                        if (result == 0 && info.get(JAVA_INT, SI_PID) != 0) {
                            int status = info.get(JAVA_INT, SI_STATUS);
                            found[0] =
                                    info.get(JAVA_INT, SI_CODE) == CLD_EXITED
                                            ? new ExitStatus.Exited(status)
                                            : new ExitStatus.Signaled(status);
                        }
                        return result;
                    });
        } catch (ErrnoException e) {
            if (e.errno() != ErrnoException.ECHILD) throw e;
        }
        return Optional.ofNullable(found[0]);
    }

    @Override
    public void close() {
        fd.close();
    }
}
