package dev.wrenn.host.memory;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.zip.CRC32C;

/// CRC-32C of every page of a part, beside the part: 4 bytes a page at the page's number in the
/// part, little endian. One page at a time, so that a save sums only what it wrote and a page fault
/// checks only what it serves.
final class PageSums {
    /// Ending of the file beside a part.
    static final String SUFFIX = ".sums";

    private static final int PAGE = MemoryIndex.BLOCK;
    private static final ValueLayout.OfInt SUM =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    private PageSums() {}

    /// The file that holds the sums of `part`.
    static Path beside(Path part) {
        return part.resolveSibling(part.getFileName() + SUFFIX);
    }

    /// Sums the pages of `changes` that have data in `part` into the file beside it, which may be a
    /// clone of the base's sums. Written, not mapped: a full disk is then an exception and no
    /// signal.
    static void write(Path part, List<Mapping> changes) throws IOException {
        try (var arena = Arena.ofConfined();
                var data = FileChannel.open(part, StandardOpenOption.READ);
                var sums =
                        FileChannel.open(
                                beside(part),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.READ,
                                StandardOpenOption.WRITE)) {
            if (data.size() == 0) return;
            var pages = data.map(FileChannel.MapMode.READ_ONLY, 0, data.size(), arena);
            for (var change : changes) {
                if (change.isZero()) continue;
                int count = Math.toIntExact(change.length() / PAGE);
                var run =
                        ByteBuffer.allocate(count * (int) SUM.byteSize())
                                .order(ByteOrder.LITTLE_ENDIAN);
                for (int i = 0; i < count; i++)
                    run.putInt(sum(pages.asSlice(change.storage() + (long) i * PAGE, PAGE)));
                run.flip();
                long at = change.storage() / PAGE * SUM.byteSize();
                while (run.hasRemaining()) at += sums.write(run, at);
            }
            long bytes = tableBytes(data.size());
            if (sums.size() < bytes) sums.write(ByteBuffer.allocate(1), bytes - 1);
        }
    }

    /// The sum of one page.
    static int sum(MemorySegment page) {
        var crc = new CRC32C();
        crc.update(page.asByteBuffer());
        return (int) crc.getValue();
    }

    /// The stored sum of page number `page` of a part.
    static int stored(MemorySegment table, long page) {
        return table.get(SUM, page * SUM.byteSize());
    }

    /// Bytes that the table of a part of this length has at least.
    static long tableBytes(long partBytes) {
        return partBytes / PAGE * SUM.byteSize();
    }
}
