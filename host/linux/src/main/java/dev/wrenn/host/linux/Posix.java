package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.OptionalLong;

/// File calls that the JDK lacks. Every failure is an [ErrnoException]; all are thread-safe.
public final class Posix {
    // <asm-generic/fcntl.h>, x86-64
    public static final int O_RDONLY = 0;
    public static final int O_WRONLY = 1;
    public static final int O_RDWR = 2;
    public static final int O_CREAT = 0x40;
    public static final int O_EXCL = 0x80;
    public static final int O_TRUNC = 0x200;
    public static final int O_APPEND = 0x400;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_DIRECTORY = 0x10000;
    public static final int O_PATH = 0x200000;

    static final int O_CLOEXEC = 0x80000;

    private static final int F_DUPFD_CLOEXEC = 1030; // <linux/fcntl.h>
    private static final int SEEK_DATA = 3; // <unistd.h>
    private static final int SEEK_HOLE = 4; // <unistd.h>
    private static final long FICLONE = 0x40049409L; // _IOW(0x94, 9, int), <linux/fs.h>

    private static final MethodHandle OPEN =
            Native.handle(
                    "open",
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
                    Linker.Option.firstVariadicArg(
                            2)); // int open(const char *path, int flags, ...)
    private static final MethodHandle CLOSE =
            Native.handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)); // int close(int)
    private static final MethodHandle FCNTL =
            Native.handle(
                    "fcntl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
                    Linker.Option.firstVariadicArg(2)); // int fcntl(int fd, int op, ...)
    private static final MethodHandle IOCTL_INT =
            Native.handle(
                    "ioctl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT),
                    Linker.Option.firstVariadicArg(2)); // int ioctl(int, unsigned long, ...)
    private static final MethodHandle IOCTL_POINTER =
            Native.handle(
                    "ioctl",
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS),
                    Linker.Option.firstVariadicArg(2)); // int ioctl(int, unsigned long, ...)
    private static final MethodHandle LSEEK =
            Native.handle(
                    "lseek", // off_t lseek(int fd, off_t offset, int whence)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));
    private static final MethodHandle COPY_RANGE =
            Native.handle(
                    "copy_file_range", // ssize_t (int, off64_t *, int, off64_t *, size_t, unsigned)
                    FunctionDescriptor.of(
                            JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
    private static final MethodHandle FTRUNCATE =
            Native.handle(
                    "ftruncate", // int ftruncate(int fd, off_t length)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG));
    private static final MethodHandle FDATASYNC =
            Native.handle("fdatasync", FunctionDescriptor.of(JAVA_INT, JAVA_INT)); // int (int fd)
    private static final MethodHandle READ =
            Native.handle(
                    "read", // ssize_t read(int fd, void *buf, size_t count)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle WRITE =
            Native.handle(
                    "write", // ssize_t write(int fd, const void *buf, size_t count)
                    FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
    private static final MethodHandle MKFIFO =
            Native.handle(
                    "mkfifo", // int mkfifo(const char *path, mode_t mode)
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));
    private static final MethodHandle PIPE2 =
            Native.handle(
                    "pipe2", // int pipe2(int fds[2], int flags)
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT));

    private Posix() {}

    /// Two ends of a pipe(7).
    public record Pipe(Fd reader, Fd writer) implements AutoCloseable {
        @Override
        public void close() {
            reader.close();
            writer.close();
        }
    }

    /// open(2), always with O_CLOEXEC.
    ///
    /// @param mode permissions of a new file, subject to the umask
    public static Fd open(Path path, int flags, int mode) {
        return new Fd(
                (int)
                        Native.call(
                                "open " + path,
                                (arena, state) ->
                                        (int)
                                                OPEN.invokeExact(
                                                        state,
                                                        arena.allocateFrom(path.toString()),
                                                        flags | O_CLOEXEC,
                                                        mode)));
    }

    /// open(2) of an existing file, always with O_CLOEXEC.
    public static Fd open(Path path, int flags) {
        return open(path, flags, 0);
    }

    static void close(int fd) {
        try {
            Native.call("close", (_, state) -> (int) CLOSE.invokeExact(state, fd));
        } catch (ErrnoException e) {
            // Linux has released the number whatever close(2) says; EBADF is a bug of ours
            if (e.errno() == ErrnoException.EBADF) throw new IllegalStateException("fd " + fd, e);
        }
    }

    /// Another descriptor of the same open file, with a number of at least `least`.
    static Fd duplicate(Fd fd, int least) {
        return new Fd(
                (int)
                        Native.call(
                                "fcntl F_DUPFD_CLOEXEC",
                                (_, state) ->
                                        (int)
                                                FCNTL.invokeExact(
                                                        state,
                                                        fd.number(),
                                                        F_DUPFD_CLOEXEC,
                                                        least)));
    }

    /// pipe2(2) with O_CLOEXEC.
    public static Pipe pipe() {
        var ends = new int[2];
        Native.call(
                "pipe2",
                (arena, state) -> {
                    var pair = arena.allocate(JAVA_INT, 2);
                    int result = (int) PIPE2.invokeExact(state, pair, O_CLOEXEC);
                    MemorySegment.copy(pair, JAVA_INT, 0, ends, 0, 2);
                    return result;
                });
        return new Pipe(new Fd(ends[0]), new Fd(ends[1]));
    }

    /// mkfifo(3): a pipe with a name, which must not exist.
    ///
    /// @param mode permissions, subject to the umask
    public static void mkfifo(Path path, int mode) {
        Native.call(
                "mkfifo " + path,
                (arena, state) ->
                        (int) MKFIFO.invokeExact(state, arena.allocateFrom(path.toString()), mode));
    }

    /// ioctl(2) with a number as argument.
    static int ioctl(String name, Fd fd, long request, int argument) {
        return (int)
                Native.call(
                        name,
                        (_, state) ->
                                (int) IOCTL_INT.invokeExact(state, fd.number(), request, argument));
    }

    /// ioctl(2) with a structure as argument.
    static int ioctl(String name, Fd fd, long request, MemorySegment argument) {
        return (int)
                Native.call(
                        name,
                        (_, state) ->
                                (int)
                                        IOCTL_POINTER.invokeExact(
                                                state, fd.number(), request, argument));
    }

    /// ioctl_ficlone(2): makes `to` share all blocks of `from`; both on one file system.
    ///
    /// @throws ErrnoException EOPNOTSUPP, EXDEV or EINVAL where blocks cannot be shared
    public static void ficlone(Fd to, Fd from) {
        ioctl("ficlone", to, FICLONE, from.number());
    }

    /// Start of the first data at or after `offset`; empty when only a hole is left.
    public static OptionalLong nextData(Fd fd, long offset) {
        return seek(fd, offset, SEEK_DATA);
    }

    /// Start of the first hole at or after `offset`, the end of the file being one; empty past it.
    public static OptionalLong nextHole(Fd fd, long offset) {
        return seek(fd, offset, SEEK_HOLE);
    }

    private static OptionalLong seek(Fd fd, long offset, int whence) {
        try {
            return OptionalLong.of(
                    Native.call(
                            "lseek",
                            (_, state) ->
                                    (long) LSEEK.invokeExact(state, fd.number(), offset, whence)));
        } catch (ErrnoException e) {
            if (e.errno() == ErrnoException.ENXIO) return OptionalLong.empty();
            throw e;
        }
    }

    /// copy_file_range(2) of `length` bytes to the same offset; sparse parts must be left out by
    /// the caller.
    public static void copyRange(Fd from, Fd to, long offset, long length) {
        long done = 0;
        while (done < length) {
            long at = offset + done;
            long left = length - done;
            long copied =
                    Native.call(
                            "copy_file_range",
                            (arena, state) -> {
                                var in = arena.allocateFrom(JAVA_LONG, at);
                                var out = arena.allocateFrom(JAVA_LONG, at);
                                return (long)
                                        COPY_RANGE.invokeExact(
                                                state,
                                                from.number(),
                                                in,
                                                to.number(),
                                                out,
                                                left,
                                                0);
                            });
            if (copied == 0) throw new IllegalStateException("file ends before " + (at + left));
            done += copied;
        }
    }

    /// ftruncate(2): sets the length; growth is a hole.
    public static void truncate(Fd fd, long length) {
        Native.call(
                "ftruncate", (_, state) -> (int) FTRUNCATE.invokeExact(state, fd.number(), length));
    }

    /// fdatasync(2).
    public static void syncData(Fd fd) {
        Native.call("fdatasync", (_, state) -> (int) FDATASYNC.invokeExact(state, fd.number()));
    }

    /// read(2).
    ///
    /// @return bytes read into the start of `into`; 0 at the end
    public static int read(Fd fd, byte[] into) {
        return (int)
                Native.call(
                        "read",
                        (arena, state) -> {
                            var buffer = arena.allocate(Math.max(1, into.length));
                            long count =
                                    (long)
                                            READ.invokeExact(
                                                    state, fd.number(), buffer, (long) into.length);
                            if (count > 0)
                                MemorySegment.copy(buffer, JAVA_BYTE, 0, into, 0, (int) count);
                            return count;
                        });
    }

    /// write(2) until everything is written.
    public static void write(Fd fd, byte[] bytes) {
        int[] done = {0};
        while (done[0] < bytes.length) {
            done[0] +=
                    (int)
                            Native.call(
                                    "write",
                                    (arena, state) -> {
                                        var buffer = arena.allocateFrom(JAVA_BYTE, bytes);
                                        return (long)
                                                WRITE.invokeExact(
                                                        state,
                                                        fd.number(),
                                                        buffer.asSlice(done[0]),
                                                        (long) bytes.length - done[0]);
                                    });
        }
    }
}
