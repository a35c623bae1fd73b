package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.time.Duration;

/// Waiting for a descriptor, poll(2). Holds its carrier: call it on a platform thread, or for short
/// times. A signal would restart a wait with its full time; the JVM sends none to native code.
public final class Poll {
    static final StructLayout POLLFD = // struct pollfd, <sys/poll.h>
            MemoryLayout.structLayout(
                    JAVA_INT.withName("fd"),
                    JAVA_SHORT.withName("events"),
                    JAVA_SHORT.withName("revents"));

    private static final short POLLIN = 1; // <asm-generic/poll.h>

    private static final MethodHandle POLL =
            Native.handle(
                    "poll", // int poll(struct pollfd *, nfds_t, int timeout)
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private Poll() {}

    /// Waits without limit until there is something to read, or the end.
    public static void readable(Fd fd) {
        poll(fd, -1);
    }

    /// @return false when time ran out
    public static boolean readable(Fd fd, Duration limit) {
        return poll(fd, (int) Math.min(Integer.MAX_VALUE, Math.max(0, limit.toMillis())));
    }

    private static boolean poll(Fd fd, int timeoutMs) {
        long ready =
                Native.call(
                        "poll",
                        (arena, state) -> {
                            var poll = arena.allocate(POLLFD);
                            poll.set(JAVA_INT, 0, fd.number());
                            poll.set(JAVA_SHORT, 4, POLLIN);
                            return (int) POLL.invokeExact(state, poll, 1L, timeoutMs);
                        });
        return ready > 0;
    }
}
