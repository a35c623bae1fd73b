package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/// Reading another process's memory: process_vm_readv(2), one copy, no stop of the process.
public final class ProcessMemory {
    /// Most ranges one call takes; more are split by the caller. IOV_MAX is 1024, <linux/uio.h>.
    public static final int MAX_RANGES = 512;

    private static final int IOVEC_BYTES = 16; // struct iovec, <sys/uio.h>

    private static final MethodHandle READV =
            Native.handle(
                    "process_vm_readv", // ssize_t (pid_t, iovec *, ulong, iovec *, ulong, ulong)
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, ADDRESS, JAVA_LONG,
                            JAVA_LONG));

    private ProcessMemory() {}

    /// Copies the ranges one behind the other into `into`, which must have room for all.
    ///
    /// @throws ErrnoException ESRCH when the process is gone, EPERM without CAP_SYS_PTRACE
    /// @throws IllegalStateException when a range is not mapped there
    public static void read(long pid, List<PageScan.Run> ranges, MemorySegment into) {
        if (ranges.isEmpty()) return;
        if (ranges.size() > MAX_RANGES)
            throw new IllegalArgumentException(
                    "ranges: " + ranges.size() + " (expected: <= " + MAX_RANGES + ")");
        long total = 0;
        for (var range : ranges) total += range.length();
        if (total > into.byteSize())
            throw new IllegalArgumentException(
                    "room: " + into.byteSize() + " (expected: >= " + total + ")");
        long expected = total;
        long copied =
                Native.call(
                        "process_vm_readv",
                        (arena, state) -> {
                            var local = iovec(arena, into.address(), expected);
                            var remote = arena.allocate((long) ranges.size() * IOVEC_BYTES, 8);
                            for (int i = 0; i < ranges.size(); i++) {
                                var range = ranges.get(i);
                                remote.set(JAVA_LONG, (long) i * IOVEC_BYTES, range.start());
                                remote.set(JAVA_LONG, (long) i * IOVEC_BYTES + 8, range.length());
                            }
                            return (long)
                                    READV.invokeExact(
                                            state,
                                            (int) pid,
                                            local,
                                            1L,
                                            remote,
                                            (long) ranges.size(),
                                            0L);
                        });
        if (copied != expected)
            throw new IllegalStateException(
                    "process_vm_readv: " + copied + " bytes (expected: " + expected + ")");
    }

    private static MemorySegment iovec(Arena arena, long address, long length) {
        var vector = arena.allocate(IOVEC_BYTES, 8);
        vector.set(JAVA_LONG, 0, address);
        vector.set(JAVA_LONG, 8, length);
        return vector;
    }
}
