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
import java.util.ArrayList;
import java.util.List;

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

    /// Waits for several at once.
    ///
    /// @return for each of them, in their order, whether there is something to read, or the end;
    ///   all false when time ran out
    public static List<Boolean> readable(List<Fd> fds, Duration limit) {
        int timeoutMs = (int) Math.min(Integer.MAX_VALUE, Math.max(0, limit.toMillis()));
        var found = new ArrayList<Boolean>();
        Native.call(
                "poll",
                (arena, state) -> {
                    long size = POLLFD.byteSize();
                    var polls = arena.allocate(POLLFD, fds.size());
                    for (int i = 0; i < fds.size(); i++) {
                        polls.set(JAVA_INT, i * size, fds.get(i).number());
                        polls.set(JAVA_SHORT, i * size + 4, POLLIN);
                    }
                    int ready = (int) POLL.invokeExact(state, polls, (long) fds.size(), timeoutMs);
                    if (ready < 0) return ready;
                    for (int i = 0; i < fds.size(); i++)
                        found.add(polls.get(JAVA_SHORT, i * size + 6) != 0);
                    return ready;
                });
        return found;
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
