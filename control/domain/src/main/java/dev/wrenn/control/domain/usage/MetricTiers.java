package dev.wrenn.control.domain.usage;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// What a capsule took over a day, in three tiers, each oldest first.
///
/// @param tenMinutes every 500 ms
/// @param twoHours averages of 30 s
/// @param day averages of 5 min
public record MetricTiers(
        List<MetricPoint> tenMinutes, List<MetricPoint> twoHours, List<MetricPoint> day) {
    public static final MetricTiers NOTHING = new MetricTiers(List.of(), List.of(), List.of());

    public MetricTiers {
        tenMinutes = List.copyOf(tenMinutes);
        twoHours = List.copyOf(twoHours);
        day = List.copyOf(day);
    }

    /// The finest tier that covers a range.
    public List<MetricPoint> tier(MetricRange range) {
        return switch (range) {
            case FIVE_MINUTES, TEN_MINUTES -> tenMinutes;
            case HOUR, TWO_HOURS -> twoHours;
            case SIX_HOURS, TWELVE_HOURS, DAY -> day;
        };
    }

    /// When it was measured last.
    public Optional<Instant> newest() {
        return Stream.of(tenMinutes, twoHours, day)
                .filter(tier -> !tier.isEmpty())
                .map(tier -> tier.getLast().at())
                .max(Instant::compareTo);
    }

    /// These and what is older, as far back as each tier goes.
    public MetricTiers after(MetricTiers older) {
        var newest = newest().or(older::newest);
        if (newest.isEmpty()) return NOTHING;
        return new MetricTiers(
                within(after(older.tenMinutes, tenMinutes), newest.get(), MetricRange.TEN_MINUTES),
                within(after(older.twoHours, twoHours), newest.get(), MetricRange.TWO_HOURS),
                within(after(older.day, day), newest.get(), MetricRange.DAY));
    }

    /// All newer points, and of the older ones those from before them.
    public static List<MetricPoint> after(List<MetricPoint> older, List<MetricPoint> newer) {
        if (newer.isEmpty()) return older;
        var first = newer.getFirst().at();
        var all = new ArrayList<MetricPoint>();
        for (var point : older) if (point.at().isBefore(first)) all.add(point);
        all.addAll(newer);
        return all;
    }

    /// The points of a range that ends at a time.
    public static List<MetricPoint> within(
            List<MetricPoint> points, Instant end, MetricRange range) {
        Duration span = range.span();
        var from = end.minus(span);
        return points.stream().filter(point -> !point.at().isBefore(from)).toList();
    }
}
