package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// Advice about this process's own memory, madvise(2).
public final class LocalMemory {
    private static final int FREE = 8; // MADV_FREE, <asm-generic/mman-common.h>
    private static final long PAGE = 4096; // x86-64

    private static final MethodHandle MADVISE =
            Native.handle("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    private LocalMemory() {}

    /// Lets the kernel take the pages when it is short of memory; what is in them is lost, and
    /// until then writing to them costs no fault.
    ///
    /// @param pages whole pages of anonymous memory
    /// @throws IllegalArgumentException when they are not whole pages
    public static void free(MemorySegment pages) {
        if (pages.address() % PAGE != 0 || pages.byteSize() % PAGE != 0)
            throw new IllegalArgumentException("pages: " + pages + " (expected: whole ones)");
        Native.call(
                "madvise",
                (_, state) -> (int) MADVISE.invokeExact(state, pages, pages.byteSize(), FREE));
    }
}
