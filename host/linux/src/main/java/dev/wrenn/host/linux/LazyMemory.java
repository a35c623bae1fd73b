package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;

/// Anonymous memory of this process whose missing pages are asked for through a userfaultfd(2).
///
/// Nobody may touch it from Java: the thread would wait for its page where no safepoint is, and a
/// collection would wait for the thread. [ProcessMemory] reads it from the kernel's side.
public final class LazyMemory implements AutoCloseable {
    private static final long USERFAULTFD = 323; // x86-64, <asm/unistd_64.h>
    private static final int FLAGS = 0x80000 | 0x800; // O_CLOEXEC | O_NONBLOCK
    private static final long API = 0xC018AA3FL; // _IOWR(0xAA, 0x3F, struct uffdio_api)
    private static final long REGISTER = 0xC020AA00L; // _IOWR(0xAA, 0x00, struct uffdio_register)
    private static final long VERSION = 0xAA; // UFFD_API
    private static final long MODE_MISSING = 1; // UFFDIO_REGISTER_MODE_MISSING
    private static final long MODE_WP = 2; // UFFDIO_REGISTER_MODE_WP
    private static final long TRACKING =
            1 | 1 << 13 | 1 << 15; // PAGEFAULT_FLAG_WP, WP_UNPOPULATED,
    // WP_ASYNC: UFFD_FEATURE_…, <linux/userfaultfd.h>
    private static final int READ_WRITE = 1 | 2; // PROT_READ | PROT_WRITE
    private static final int PRIVATE = 0x02 | 0x20 | 0x4000; // MAP_PRIVATE|ANONYMOUS|NORESERVE

    static final StructLayout API_ARGUMENT =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("api"),
                    JAVA_LONG.withName("features"),
                    JAVA_LONG.withName("ioctls"));
    static final StructLayout REGISTER_ARGUMENT =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("start"),
                    JAVA_LONG.withName("len"),
                    JAVA_LONG.withName("mode"),
                    JAVA_LONG.withName("ioctls"));

    private static final MethodHandle SYSCALL =
            Native.handle(
                    "syscall",
                    FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT),
                    Linker.Option.firstVariadicArg(1)); // long syscall(long number, ...)
    private static final MethodHandle MMAP = // void *mmap(void *, size_t, int, int, int, off_t)
            Native.handle(
                    "mmap",
                    FunctionDescriptor.of(
                            JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT,
                            JAVA_LONG));
    private static final MethodHandle MUNMAP = // int munmap(void *, size_t)
            Native.handle("munmap", FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_LONG));

    private final Fd fd;
    private final long address;
    private final long size;

    private LazyMemory(Fd fd, long address, long size) {
        this.fd = fd;
        this.address = address;
        this.size = size;
    }

    /// @param size whole pages
    /// @param tracked whether the kernel notes writes (asynchronous write protection, Linux 6.7)
    /// @throws ErrnoException EPERM without CAP_SYS_PTRACE where unprivileged use is forbidden
    public static LazyMemory map(long size, boolean tracked) {
        var fd =
                new Fd(
                        (int)
                                Native.call(
                                        "userfaultfd",
                                        (_, state) ->
                                                (long)
                                                        SYSCALL.invokeExact(
                                                                state, USERFAULTFD, FLAGS)));
        try {
            long address =
                    Native.call(
                            "mmap",
                            (_, state) ->
                                    (long)
                                            MMAP.invokeExact(
                                                    state,
                                                    MemorySegment.NULL,
                                                    size,
                                                    READ_WRITE,
                                                    PRIVATE,
                                                    -1,
                                                    0L));
            var memory = new LazyMemory(fd, address, size);
            memory.register(tracked);
            return memory;
        } catch (RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    private void register(boolean tracked) {
        try (var arena = Arena.ofConfined()) {
            var api = arena.allocate(API_ARGUMENT);
            api.set(JAVA_LONG, 0, VERSION);
            api.set(JAVA_LONG, 8, tracked ? TRACKING : 0);
            Posix.ioctl("uffdio_api", fd, API, api);
            var range = arena.allocate(REGISTER_ARGUMENT);
            range.set(JAVA_LONG, 0, address);
            range.set(JAVA_LONG, 8, size);
            range.set(JAVA_LONG, 16, tracked ? MODE_MISSING | MODE_WP : MODE_MISSING);
            Posix.ioctl("uffdio_register", fd, REGISTER, range);
        }
    }

    /// The userfaultfd; closed with this object.
    public Fd fd() {
        return fd;
    }

    /// Where it begins in this process.
    public long address() {
        return address;
    }

    /// Bytes.
    public long size() {
        return size;
    }

    /// Unmaps; whoever waits for a page gets none.
    @Override
    public void close() {
        try (fd) {
            Native.call("munmap", (_, state) -> (int) MUNMAP.invokeExact(state, address, size));
        }
    }
}
