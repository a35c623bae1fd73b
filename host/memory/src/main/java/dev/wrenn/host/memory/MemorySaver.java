package dev.wrenn.host.memory;

import dev.wrenn.host.linux.PageScan;
import dev.wrenn.host.linux.PageScan.Run;
import dev.wrenn.host.linux.ProcessMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Writes the changed pages of a stopped VM into a new part.
///
/// Cost: one scan of the page tables, one copy out of the VMM, one write, each per changed page;
/// the size of the memory does not matter. The VM must be stopped for the whole call. Thread-safe.
public final class MemorySaver {
    private static final long BATCH_BYTES = 1 << 20; // fits the second-level cache
    private static final int PAGE = MemoryIndex.BLOCK;

    /// What is known of the memory the VM began with.
    ///
    /// @param index its map
    /// @param flatPart the one file it is mapped from, when it is flat
    public record Base(MemoryIndex index, @Nullable Path flatPart) {}

    /// What a save wrote.
    ///
    /// @param index the map of the whole memory as it is now
    /// @param part the id of the new part
    /// @param changes the ranges that differ from the base
    /// @param scannedPages pages that the kernel reported
    public record Saved(MemoryIndex index, UUID part, List<Mapping> changes, long scannedPages) {}

    /// How the pages to look at are found.
    public enum Tracking {
        /// Pages that a private mapping of the base's file no longer shares with it.
        PRIVATE_MAP(PageScan.Filter.ANONYMOUS),
        /// Like PRIVATE_MAP, but only those written since the last save; tracking is armed.
        PRIVATE_MAP_WRITTEN(PageScan.Filter.ANONYMOUS_WRITTEN),
        /// Pages written since the last save; tracking is armed on anonymous memory.
        WRITTEN(PageScan.Filter.WRITTEN_PAGES),
        /// Every page that is there; with a flat base only what differs from it is stored.
        COMPARE(PageScan.Filter.PRESENT_PAGES);

        private final PageScan.Filter filter;

        Tracking(PageScan.Filter filter) {
            this.filter = filter;
        }
    }

    /// Saves into `file`, which must not exist.
    ///
    /// With a flat base the new part is flat as well (a reflink clone with the changes written in);
    /// without any base it is a first generation, flat too; else one more generation.
    ///
    /// @throws IOException when the file cannot be written; the base is untouched
    public Saved save(
            long pid,
            List<RamRegion> regions,
            @Nullable Base base,
            Tracking tracking,
            Path file,
            boolean flat)
            throws IOException, CorruptImageException {
        long size = 0;
        for (var region : regions) size = Math.max(size, region.offset() + region.size());
        boolean clone = base != null && flat && base.flatPart() != null && base.index().isFlat();
        var part = UUID.randomUUID();
        var changes = new ArrayList<Mapping>();
        long scanned = 0;
        Path cloned = clone && base != null ? base.flatPart() : null;
        try (var out =
                        base == null || clone
                                ? PartFile.flat(file, size, cloned)
                                : PartFile.layered(file);
                var arena = Arena.ofConfined();
                var scan = PageScan.of(pid)) {
            var old = Comparison.with(base, tracking, arena);
            var writer = new Writer(out, part, old, base != null, changes);
            var buffer = arena.allocate(BATCH_BYTES, PAGE);
            for (var region : regions) {
                var runs =
                        scan.runs(
                                region.hostAddress(),
                                region.hostAddress() + region.size(),
                                tracking.filter);
                for (var run : runs) scanned += run.length() / PAGE;
                for (var batch : batches(runs)) {
                    ProcessMemory.read(pid, batch, buffer);
                    long at = 0;
                    for (var run : batch) {
                        long offset = run.start() - region.hostAddress() + region.offset();
                        writer.pages(offset, buffer.asSlice(at, run.length()));
                        at += run.length();
                    }
                }
            }
        }
        return new Saved(index(base, clone, size, part, changes), part, changes, scanned);
    }

    private static MemoryIndex index(
            @Nullable Base base, boolean clone, long size, UUID part, List<Mapping> changes)
            throws CorruptImageException {
        if (base == null) return MemoryIndex.first(size, part, changes);
        return clone
                ? base.index().overlayFlat(part, changes)
                : base.index().overlay(part, changes);
    }

    /// Splits runs into batches that fit one read.
    static List<List<Run>> batches(List<Run> runs) {
        var batches = new ArrayList<List<Run>>();
        var batch = new ArrayList<Run>();
        long bytes = 0;
        for (var run : runs) {
            long start = run.start();
            while (start < run.end()) {
                if (bytes == BATCH_BYTES || batch.size() == ProcessMemory.MAX_RANGES) {
                    batches.add(batch);
                    batch = new ArrayList<>();
                    bytes = 0;
                }
                long end = Math.min(run.end(), start + BATCH_BYTES - bytes);
                batch.add(new Run(start, end));
                bytes += end - start;
                start = end;
            }
        }
        if (!batch.isEmpty()) batches.add(batch);
        return batches;
    }

    /// The pages of a flat base, for leaving out what did not change.
    private record Comparison(@Nullable MemorySegment pages) {
        static Comparison with(@Nullable Base base, Tracking tracking, Arena arena)
                throws IOException {
            boolean needed = tracking == Tracking.COMPARE || tracking == Tracking.PRIVATE_MAP;
            if (base == null || base.flatPart() == null || !needed) return new Comparison(null);
            try (var channel = FileChannel.open(base.flatPart(), StandardOpenOption.READ)) {
                return new Comparison(
                        channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
            }
        }

        boolean same(long offset, MemorySegment page) {
            return pages != null && pages.asSlice(offset, PAGE).mismatch(page) < 0;
        }
    }

    /// Sorts pages into unchanged, zero and data, and writes data in runs.
    private record Writer(
            PartFile out, UUID part, Comparison old, boolean overBase, List<Mapping> changes) {
        private static final MemorySegment ZEROS = Arena.global().allocate(PAGE, PAGE);

        void pages(long offset, MemorySegment pages) throws IOException {
            long data = -1; // start of the current run of data within `pages`
            for (long at = 0; at < pages.byteSize(); at += PAGE) {
                var page = pages.asSlice(at, PAGE);
                boolean zero = page.mismatch(ZEROS) < 0;
                boolean skip = zero || old.same(offset + at, page);
                if (!skip) {
                    if (data < 0) data = at;
                    continue;
                }
                flush(offset, pages, data, at);
                data = -1;
                if (zero && overBase) {
                    out.zero(offset + at, PAGE);
                    append(Mapping.zeros(offset + at, PAGE));
                }
            }
            flush(offset, pages, data, pages.byteSize());
        }

        private void flush(long offset, MemorySegment pages, long from, long to)
                throws IOException {
            if (from < 0) return;
            long storage = out.write(offset + from, pages.asSlice(from, to - from));
            append(new Mapping(offset + from, to - from, part, storage));
        }

        private void append(Mapping next) {
            int last = changes.size() - 1;
            if (last >= 0 && changes.get(last).continues(next)) {
                var before = changes.get(last);
                changes.set(
                        last,
                        new Mapping(
                                before.offset(),
                                before.length() + next.length(),
                                before.build(),
                                before.storage()));
            } else {
                changes.add(next);
            }
        }
    }
}
