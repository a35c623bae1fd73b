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
/// the size of the memory does not matter. The VM must be stopped for the copy only. Up to 256 MiB
/// of this process stay with the saver for the next copy, as long as the kernel does not want them.
/// Thread-safe.
public final class MemorySaver {
    private static final long BATCH_BYTES = 1 << 20; // fits the second-level cache
    private static final long STAGED_BYTES = 256L << 20; // most memory of all copies together
    private static final long SOON_WRITTEN = 4 << 20; // between getting ready and the stop
    private static final int PAGE = MemoryIndex.BLOCK;

    private final StagingBuffer buffer = new StagingBuffer(STAGED_BYTES);

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

    /// Pages copied out of a stopped VM, which may run again; closing gives the memory back.
    public interface Copied extends AutoCloseable {
        /// Writes them into the new part.
        ///
        /// @throws IOException when the file cannot be written; the base is untouched
        Saved write() throws IOException, CorruptImageException;

        @Override
        void close();
    }

    /// Copies and writes in one call; as [#copy] and [Copied#write()].
    public Saved save(
            long pid,
            List<RamRegion> regions,
            @Nullable Base base,
            Tracking tracking,
            Path file,
            boolean flat)
            throws IOException, CorruptImageException {
        try (var copied = copy(pid, regions, base, tracking, file, flat)) {
            return copied.write();
        }
    }

    /// Gets ready for a copy of a VM that runs: memory is taken from the kernel now, not while the
    /// VM stands still.
    public void prepare(long pid, List<RamRegion> regions, Tracking tracking) {
        long bytes = SOON_WRITTEN;
        try (var scan = PageScan.of(pid)) {
            for (var region : regions) {
                long end = region.hostAddress() + region.size();
                bytes += scan.bytes(region.hostAddress(), end, tracking.filter);
            }
        }
        buffer.prepare(bytes);
    }

    /// Copies the changed pages of a stopped VM into this process; what finds no room within
    /// [#STAGED_BYTES] is written at once. The VM must be stopped for the whole call, and not for
    /// the writing.
    ///
    /// With a flat base the new part is flat as well (a reflink clone with the changes written in);
    /// without any base it is a first generation, flat too; else one more generation.
    ///
    /// @param file the new part, which must not exist
    public Copied copy(
            long pid,
            List<RamRegion> regions,
            @Nullable Base base,
            Tracking tracking,
            Path file,
            boolean flat)
            throws IOException, CorruptImageException {
        long size = 0;
        for (var region : regions) size = Math.max(size, region.offset() + region.size());
        var found = new ArrayList<Found>();
        long bytes = 0;
        try (var scan = PageScan.of(pid)) {
            for (var region : regions) {
                var runs =
                        scan.runs(
                                region.hostAddress(),
                                region.hostAddress() + region.size(),
                                tracking.filter);
                for (var run : runs) bytes += run.length();
                found.add(new Found(region, runs));
            }
        }
        var target = new Target(file, size, base, tracking, flat);
        var staging = buffer.take(bytes);
        if (staging.isEmpty()) {
            var saved = target.write(pages -> stream(pid, found, pages), bytes / PAGE);
            return new Written(saved);
        }
        return Staged.of(pid, found, staging.get(), target);
    }

    /// The same for pages that the VMM has written into a file itself, with holes where nothing was
    /// written. The VM may run at once; the file is empty when the copy is closed, and the VMM must
    /// not write to it before.
    ///
    /// @param size of the guest's memory
    /// @throws IOException when the file is of another size, or its holes mean nothing
    public Copied dumped(
            Path dump, long size, @Nullable Base base, Tracking tracking, Path file, boolean flat)
            throws IOException {
        return new Dumped(DumpFile.open(dump, size), new Target(file, size, base, tracking, flat));
    }

    /// The runs of pages to look at in one region.
    private record Found(RamRegion region, List<Run> runs) {}

    /// Takes pages that lie side by side in guest memory.
    interface Pages {
        void at(long offset, MemorySegment pages) throws IOException;
    }

    /// Gives every page to look at.
    private interface Feed {
        void into(Pages pages) throws IOException;
    }

    /// Where the pages go.
    private record Target(
            Path file, long size, @Nullable Base base, Tracking tracking, boolean flat) {
        Saved write(Feed feed, long scanned) throws IOException, CorruptImageException {
            boolean clone =
                    base != null && flat && base.flatPart() != null && base.index().isFlat();
            var part = UUID.randomUUID();
            var changes = new ArrayList<Mapping>();
            Path cloned = clone && base != null ? base.flatPart() : null;
            try (var out =
                            base == null || clone
                                    ? PartFile.flat(file, size, cloned)
                                    : PartFile.layered(file);
                    var arena = Arena.ofConfined()) {
                var old = Comparison.with(base, tracking, arena);
                feed.into(new Writer(out, part, old, base != null, changes)::pages);
            }
            return new Saved(index(base, clone, size, part, changes), part, changes, scanned);
        }
    }

    /// Reads and hands on one batch after the other.
    private static void stream(long pid, List<Found> found, Pages pages) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(BATCH_BYTES, PAGE);
            for (var one : found) {
                for (var batch : batches(one.runs())) {
                    ProcessMemory.read(pid, batch, buffer);
                    handOn(one.region(), batch, buffer, pages);
                }
            }
        }
    }

    private static void handOn(
            RamRegion region, List<Run> batch, MemorySegment content, Pages pages)
            throws IOException {
        long at = 0;
        for (var run : batch) {
            long offset = run.start() - region.hostAddress() + region.offset();
            pages.at(offset, content.asSlice(at, run.length()));
            at += run.length();
        }
    }

    /// Written while the VM stood still.
    private record Written(Saved saved) implements Copied {
        @Override
        public Saved write() {
            return saved;
        }

        @Override
        public void close() {}
    }

    /// Pages in memory of this process.
    private record Staged(StagingBuffer.Piece piece, List<Found> found, Target target)
            implements Copied {
        static Staged of(long pid, List<Found> found, StagingBuffer.Piece piece, Target target) {
            try {
                long at = 0;
                for (var one : found) {
                    for (var batch : batches(one.runs())) {
                        long length = batch.stream().mapToLong(Run::length).sum();
                        ProcessMemory.read(pid, batch, piece.segment().asSlice(at, length));
                        at += length;
                    }
                }
                return new Staged(piece, found, target);
            } catch (RuntimeException e) {
                piece.close();
                throw e;
            }
        }

        @Override
        public Saved write() throws IOException, CorruptImageException {
            long scanned = 0;
            for (var one : found) for (var run : one.runs()) scanned += run.length() / PAGE;
            return target.write(
                    pages -> {
                        long at = 0;
                        for (var one : found) {
                            long length = one.runs().stream().mapToLong(Run::length).sum();
                            var content = piece.segment().asSlice(at, length);
                            handOn(one.region(), one.runs(), content, pages);
                            at += length;
                        }
                    },
                    scanned);
        }

        @Override
        public void close() {
            piece.close();
        }
    }

    /// Pages in a file of the VMM's.
    private record Dumped(DumpFile dump, Target target) implements Copied {
        @Override
        public Saved write() throws IOException, CorruptImageException {
            return target.write(dump::into, dump.pages());
        }

        @Override
        public void close() {
            dump.close();
        }
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
