package dev.wrenn.host.capsule;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// The newest points of one tier, 14 bytes each: the oldest gives way to the next. Not thread-safe.
final class MetricRing {
    private static final double HUNDREDTHS = 100;
    private static final long PAGE_BYTES = 4096; // what memory is counted in, x86-64
    private static final long BLOCK_BYTES = 512; // what disks are counted in, stat(2)

    private final int[] seconds; // since 1970, unsigned
    private final short[] cpu; // hundredths of a percent
    private final int[] pages; // unsigned
    private final int[] blocks; // unsigned
    private int next;
    private int size;

    MetricRing(int capacity) {
        seconds = new int[capacity];
        cpu = new short[capacity];
        pages = new int[capacity];
        blocks = new int[capacity];
    }

    void add(MetricPoint point) {
        seconds[next] = (int) point.at().getEpochSecond();
        cpu[next] = (short) Math.round(Math.clamp(point.cpuPercent(), 0, 100) * HUNDREDTHS);
        pages[next] = (int) (point.memoryBytes() / PAGE_BYTES);
        blocks[next] = (int) (point.diskBytes() / BLOCK_BYTES);
        next = (next + 1) % seconds.length;
        size = Math.min(size + 1, seconds.length);
    }

    /// Oldest first.
    List<MetricPoint> points() {
        var points = new ArrayList<MetricPoint>(size);
        for (int i = 0; i < size; i++) {
            int at = Math.floorMod(next - size + i, seconds.length);
            points.add(
                    new MetricPoint(
                            Instant.ofEpochSecond(Integer.toUnsignedLong(seconds[at])),
                            cpu[at] / HUNDREDTHS,
                            Integer.toUnsignedLong(pages[at]) * PAGE_BYTES,
                            Integer.toUnsignedLong(blocks[at]) * BLOCK_BYTES));
        }
        return points;
    }
}
