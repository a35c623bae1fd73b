package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;

/// Holes in files.
public final class Sparse {
    private static final int KEEP_SIZE = 1; // FALLOC_FL_KEEP_SIZE, <linux/falloc.h>
    private static final int PUNCH_HOLE = 2; // FALLOC_FL_PUNCH_HOLE, <linux/falloc.h>

    private static final MethodHandle FALLOCATE =
            Native.handle(
                    "fallocate", // int fallocate(int fd, int mode, off_t offset, off_t len)
                    FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG));

    private Sparse() {}

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
