package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/// Holes in files.
public final class Sparse {
    private static final int KEEP_SIZE = 1; // FALLOC_FL_KEEP_SIZE, <linux/falloc.h>
    private static final int PUNCH_HOLE = 2; // FALLOC_FL_PUNCH_HOLE, <linux/falloc.h>

    private static final MethodHandle FALLOCATE =
            Native.handle(
                    "fallocate", // int fallocate(int fd, int mode, off_t offset, off_t len)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

    private static final long STAT_BYTES = 144; // struct stat on x86-64, <bits/struct_stat.h>
    private static final long BLOCKS = 64; // offset of its st_blocks
    private static final long BLOCK_BYTES =
            512; // unit of st_blocks whatever the file system, stat(3)

    private static final MethodHandle STAT =
            Native.handle(
                    "stat", // int stat(const char *path, struct stat *buf); in glibc 2.33 and later
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS));

    private Sparse() {}

    /// stat(2): bytes that the file system has allocated for a file, those it shares included. One
    /// look, however many holes there are.
    ///
    /// @throws ErrnoException when there is no such file
    public static long allocated(Path file) {
        var blocks = new long[1];
        Native.call(
                "stat",
                (arena, state) -> {
                    var stat = arena.allocate(STAT_BYTES, Long.BYTES);
                    int result =
                            (int)
                                    STAT.invokeExact(
                                            state, arena.allocateFrom(file.toString()), stat);
                    blocks[0] = stat.get(JAVA_LONG, BLOCKS);
                    return result;
                });
        return Math.multiplyExact(blocks[0], BLOCK_BYTES);
    }

    /// fallocate(2): gives the blocks back; the range reads as zeros. Parts of blocks are zeroed.
    public static void punch(Fd fd, long offset, long length) {
        Native.call(
                "fallocate",
                (_, state) ->
                        (int)
                                FALLOCATE.invokeExact(
                                        state,
                                        fd.number(),
                                        PUNCH_HOLE | KEEP_SIZE,
                                        offset,
                                        length));
    }
}
