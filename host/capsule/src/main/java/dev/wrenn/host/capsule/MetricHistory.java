package dev.wrenn.host.capsule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What one capsule took over the last day, the finer the newer: 1,728 points, some 25 KiB, from
/// its first point on. Thread-safe.
final class MetricHistory {
    static final int TEN_MINUTES = 1200; // points, of 500 ms
    static final int TWO_HOURS = 240;
    static final int DAY = 288;

    private final MetricRing fine = new MetricRing(TEN_MINUTES); // guarded by this, as the rest
    private final Averages half = new Averages(Duration.ofSeconds(30), TWO_HOURS);
    private final Averages five = new Averages(Duration.ofMinutes(5), DAY);
    private Instant newest = Instant.MIN;

    /// Points come in the order of their times; an earlier one, of a clock that was set, is
    /// dropped.
    synchronized void add(MetricPoint point) {
        if (point.at().isBefore(newest)) return;
        newest = point.at();
        fine.add(point);
        half.add(point);
        five.add(point);
    }

    synchronized MetricTiers tiers() {
        return new MetricTiers(fine.points(), half.points(), five.points());
    }

    /// A tier of averages and the one that is being made, which counts as far as it got.
    private static final class Averages {
        private final long seconds;
        private final MetricRing ring;
        private long bucket;
        private int count;
        private double cpu;
        private double memory;
        private double disk;
        private @Nullable Instant last;

        Averages(Duration length, int capacity) {
            seconds = length.toSeconds();
            ring = new MetricRing(capacity);
        }

        void add(MetricPoint point) {
            long number = Math.floorDiv(point.at().getEpochSecond(), seconds);
            if (number != bucket) {
                var done = average();
                if (done != null) ring.add(done);
                bucket = number;
                count = 0;
                cpu = 0;
                memory = 0;
                disk = 0;
            }
            count++;
            cpu += point.cpuPercent();
            memory += point.memoryBytes();
            disk += point.diskBytes();
            last = point.at();
        }

        private @Nullable MetricPoint average() {
            var at = last;
            if (at == null || count == 0) return null;
            return new MetricPoint(
                    at, cpu / count, Math.round(memory / count), Math.round(disk / count));
        }

        List<MetricPoint> points() {
            var points = ring.points();
            var now = average();
            if (now != null) points.add(now);
            return points;
        }
    }
}
