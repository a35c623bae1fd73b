package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// PAGEMAP_SCAN on another process's address space: which pages are there, or were written.
///
/// Source: Documentation/admin-guide/mm/pagemap.rst and <linux/fs.h>, Linux 6.7 and newer. Cost is
/// one system call per [#BATCH] runs. Not thread-safe.
public final class PageScan implements AutoCloseable {
    private static final long PAGEMAP_SCAN = 0xC0606610L; // _IOWR('f', 16, struct pm_scan_arg)
    private static final long BATCH = 4096; // runs per call; the result buffer is 96 KiB

    // categories of a page, <linux/fs.h>
    private static final long WRITTEN = 1 << 1;
    private static final long FILE = 1 << 2;
    private static final long PRESENT = 1 << 3;
    private static final long SWAPPED = 1 << 4;
    private static final long PFNZERO = 1 << 5;

    private static final long WP_MATCHING = 1; // PM_SCAN_WP_MATCHING
    private static final long CHECK_WPASYNC = 2; // PM_SCAN_CHECK_WPASYNC

    static final StructLayout ARGUMENT =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("size"),
                    JAVA_LONG.withName("flags"),
                    JAVA_LONG.withName("start"),
                    JAVA_LONG.withName("end"),
                    JAVA_LONG.withName("walk_end"),
                    JAVA_LONG.withName("vec"),
                    JAVA_LONG.withName("vec_len"),
                    JAVA_LONG.withName("max_pages"),
                    JAVA_LONG.withName("category_inverted"),
                    JAVA_LONG.withName("category_mask"),
                    JAVA_LONG.withName("category_anyof_mask"),
                    JAVA_LONG.withName("return_mask"));
    static final StructLayout REGION =
            MemoryLayout.structLayout(
                    JAVA_LONG.withName("start"),
                    JAVA_LONG.withName("end"),
                    JAVA_LONG.withName("categories"));

    private final Fd pagemap;

    private PageScan(Fd pagemap) {
        this.pagemap = pagemap;
    }

    /// Which pages a scan reports.
    public enum Filter {
        /// Anonymous pages with content: what a private mapping of a file no longer shares.
        ANONYMOUS(FILE | PFNZERO, FILE | PFNZERO, PRESENT | SWAPPED, 0),
        /// Anonymous pages written since the last such scan, which arms them again; needs
        /// userfaultfd's asynchronous write protection.
        ANONYMOUS_WRITTEN(
                FILE | PFNZERO,
                FILE | PFNZERO | WRITTEN,
                PRESENT | SWAPPED,
                WP_MATCHING | CHECK_WPASYNC),
        /// Every page with content.
        PRESENT_PAGES(PFNZERO, PFNZERO, PRESENT | SWAPPED, 0),
        /// Every page written since the last such scan, also one that is now the zero page; arms
        /// them again.
        WRITTEN_PAGES(0, WRITTEN, PRESENT | SWAPPED, WP_MATCHING | CHECK_WPASYNC);

        private final long inverted;
        private final long mask;
        private final long anyOf;
        private final long flags;

        Filter(long inverted, long mask, long anyOf, long flags) {
            this.inverted = inverted;
            this.mask = mask;
            this.anyOf = anyOf;
            this.flags = flags;
        }
    }

    /// Neighbouring pages: addresses in the scanned process, `end` exclusive.
    public record Run(long start, long end) {
        /// Bytes, a multiple of the page size.
        public long length() {
            return end - start;
        }
    }

    /// @param pid a process of which we may read the memory (CAP_SYS_PTRACE, or our own)
    public static PageScan of(long pid) {
        return new PageScan(
                Posix.open(Path.of("/proc", Long.toString(pid), "pagemap"), Posix.O_RDONLY));
    }

    /// All matching runs in `start..end`, in order.
    ///
    /// @throws ErrnoException ENOTTY before Linux 6.7; EPERM when write tracking is not armed there
    public List<Run> runs(long start, long end, Filter filter) {
        return runs(start, end, filter, filter.flags);
    }

    /// Bytes that [#runs] would report now; arms nothing.
    public long bytes(long start, long end, Filter filter) {
        long bytes = 0;
        for (var run : runs(start, end, filter, filter.flags & ~WP_MATCHING)) bytes += run.length();
        return bytes;
    }

    private List<Run> runs(long start, long end, Filter filter, long flags) {
        var runs = new ArrayList<Run>();
        try (var arena = Arena.ofConfined()) {
            var found = arena.allocate(REGION, BATCH);
            var argument = arena.allocate(ARGUMENT);
            long at = start;
            while (at < end) {
                fill(argument, at, end, found, filter, flags);
                int count = Posix.ioctl("pagemap_scan", pagemap, PAGEMAP_SCAN, argument);
                for (int i = 0; i < count; i++) {
                    long base = i * REGION.byteSize();
                    add(runs, found.get(JAVA_LONG, base), found.get(JAVA_LONG, base + 8));
                }
                if (count < BATCH) break;
                // not walk_end: the kernel leaves it stale when its inner buffer was flushed
                at = runs.getLast().end();
            }
        }
        return runs;
    }

    private static void add(List<Run> runs, long start, long end) {
        int last = runs.size() - 1;
        if (last >= 0 && runs.get(last).end() == start)
            runs.set(last, new Run(runs.get(last).start(), end));
        else runs.add(new Run(start, end));
    }

    private static void fill(
            MemorySegment argument,
            long start,
            long end,
            MemorySegment found,
            Filter filter,
            long flags) {
        long[] fields = {
            ARGUMENT.byteSize(),
            flags,
            start,
            end,
            0,
            found.address(),
            BATCH,
            0,
            filter.inverted,
            filter.mask,
            filter.anyOf,
            0
        };
        MemorySegment.copy(fields, 0, argument, JAVA_LONG, 0, fields.length);
    }

    @Override
    public void close() {
        pagemap.close();
    }
}
