package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/// Serving one userfaultfd(2) that another process made: read its events, fill its pages.
///
/// Made for a loop: everything it needs is allocated once. One object belongs to the platform
/// thread that makes it; several objects may share the descriptor. Source: userfaultfd(2),
/// ioctl_userfaultfd(2), <linux/userfaultfd.h>.
public final class Userfault implements AutoCloseable {
    /// A page is missing.
    public static final int PAGEFAULT = 0x12;

    /// Pages were given back (MADV_DONTNEED and the like).
    public static final int REMOVE = 0x15;

    /// Pages were unmapped.
    public static final int UNMAP = 0x16;

    private static final int BATCH = 64; // events per read
    private static final long EVENT_BYTES = 32; // struct uffd_msg
    private static final long COPY = 0xC028AA03L; // _IOWR(0xAA, 0x03, struct uffdio_copy)
    private static final long ZEROPAGE = 0xC020AA04L; // _IOWR(0xAA, 0x04, struct uffdio_zeropage)
    private static final long WAKE = 0x8010AA02L; // _IOR(0xAA, 0x02, struct uffdio_range)
    private static final long COPY_MODE_WP = 2; // UFFDIO_COPY_MODE_WP
    private static final short POLLIN = 1; // <asm-generic/poll.h>

    static final StructLayout COPY_ARGUMENT =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("dst"),
                    JAVA_LONG.withName("src"),
                    JAVA_LONG.withName("len"),
                    JAVA_LONG.withName("mode"),
                    JAVA_LONG.withName("copy"));
    static final StructLayout ZERO_ARGUMENT =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("start"),
                    JAVA_LONG.withName("len"),
                    JAVA_LONG.withName("mode"),
                    JAVA_LONG.withName("zeropage"));

    private static final MethodHandle IOCTL =
            Native.handle(
                    "ioctl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
                    Linker.Option.firstVariadicArg(2)); // int ioctl(int, unsigned long, ...)
    private static final MethodHandle READ =
            Native.handle("read", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle POLL =
            Native.handle("poll", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private final Fd fd;
    private final Arena arena;
    private final MemorySegment state;
    private final MemorySegment events;
    private final MemorySegment argument;
    private final MemorySegment polls;

    private Userfault(Fd fd, Arena arena) {
        this.fd = fd;
        this.arena = arena;
        this.state = arena.allocate(Native.CALL_STATE);
        this.events = arena.allocate(EVENT_BYTES * BATCH, 8);
        this.argument = arena.allocate(COPY_ARGUMENT);
        this.polls = arena.allocate(Poll.POLLFD, 2);
    }

    /// @param fd stays the caller's; closing this object does not close it
    @SuppressWarnings("MustBeClosed") // closed with the object
    public static Userfault on(Fd fd) {
        return new Userfault(fd, Arena.ofConfined()); // a shared one is locked for each call
    }

    /// Waits for an event, or for something to read (or the end) on `other`.
    ///
    /// @return true when there may be events; false when only `other` has something
    public boolean await(Fd other) {
        polls.set(JAVA_INT, 0, fd.number());
        polls.set(JAVA_SHORT, 4, POLLIN);
        polls.set(JAVA_SHORT, 6, (short) 0);
        polls.set(JAVA_INT, 8, other.number());
        polls.set(JAVA_SHORT, 12, POLLIN);
        polls.set(JAVA_SHORT, 14, (short) 0);
        int ready = call("poll", POLL, polls);
        return ready == -ErrnoException.EINTR || polls.get(JAVA_SHORT, 6) != 0;
    }

    /// Reads the events that are there, without waiting.
    ///
    /// @return how many; 0 for none
    /// @throws ErrnoException when the descriptor is of no use any more
    public int read() {
        try {
            long bytes = (long) READ.invokeExact(state, fd.number(), events, EVENT_BYTES * BATCH);
            if (bytes >= 0) return (int) (bytes / EVENT_BYTES);
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall declares no checked exception
        }
        int errno = errno();
        if (errno == ErrnoException.EAGAIN || errno == ErrnoException.EINTR) return 0;
        throw new ErrnoException("read userfaultfd", errno);
    }

    /// What event number `index` of the last read is: PAGEFAULT, REMOVE, UNMAP or another number.
    public int event(int index) {
        return events.get(JAVA_BYTE, index * EVENT_BYTES) & 0xFF;
    }

    /// The missing address of a PAGEFAULT.
    public long address(int index) {
        return events.get(JAVA_LONG, index * EVENT_BYTES + 16);
    }

    /// First byte of a REMOVE or UNMAP.
    public long start(int index) {
        return events.get(JAVA_LONG, index * EVENT_BYTES + 8);
    }

    /// Byte behind the last one of a REMOVE or UNMAP.
    public long end(int index) {
        return events.get(JAVA_LONG, index * EVENT_BYTES + 16);
    }

    /// UFFDIO_COPY: fills pages and wakes who waits for them.
    ///
    /// @param source address in this process; must stay mapped
    /// @param writeProtected installs the pages so that a write to them is noticed
    /// @return bytes filled, possibly fewer; or an errno, negative: EEXIST the first page is there,
    ///   EAGAIN events wait to be read, ESRCH the process is gone, EINVAL not so registered
    public long copy(long target, long source, long length, boolean writeProtected) {
        argument.set(JAVA_LONG, 0, target);
        argument.set(JAVA_LONG, 8, source);
        argument.set(JAVA_LONG, 16, length);
        argument.set(JAVA_LONG, 24, writeProtected ? COPY_MODE_WP : 0);
        argument.set(JAVA_LONG, 32, 0);
        int result = ioctl(COPY);
        return result == 0 ? length : outcome(result, argument.get(JAVA_LONG, 32));
    }

    /// UFFDIO_ZEROPAGE: fills pages with zeros; they cannot be write-protected.
    ///
    /// @return as [#copy]
    public long zero(long target, long length) {
        argument.set(JAVA_LONG, 0, target);
        argument.set(JAVA_LONG, 8, length);
        argument.set(JAVA_LONG, 16, 0);
        argument.set(JAVA_LONG, 24, 0);
        int result = ioctl(ZEROPAGE);
        return result == 0 ? length : outcome(result, argument.get(JAVA_LONG, 24));
    }

    /// UFFDIO_WAKE: everybody who waits in the range tries again.
    public void wake(long start, long length) {
        argument.set(JAVA_LONG, 0, start);
        argument.set(JAVA_LONG, 8, length);
        int result = ioctl(WAKE);
        if (result < 0 && result != -ErrnoException.ESRCH)
            throw new ErrnoException("uffdio_wake", -result);
    }

    private static long outcome(int negativeErrno, long filled) {
        return filled > 0 ? filled : negativeErrno;
    }

    private int ioctl(long request) {
        try {
            int result = (int) IOCTL.invokeExact(state, fd.number(), request, argument);
            return result >= 0 ? 0 : -errno();
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall declares no checked exception
        }
    }

    private int call(String name, MethodHandle poll, MemorySegment descriptors) {
        try {
            int result = (int) poll.invokeExact(state, descriptors, 2L, -1);
            if (result >= 0) return result;
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall declares no checked exception
        }
        int errno = errno();
        if (errno == ErrnoException.EINTR) return -errno;
        throw new ErrnoException(name, errno);
    }

    private int errno() {
        return (int) Native.ERRNO.get(state, 0L);
    }

    @Override
    public void close() {
        arena.close();
    }
}
