package dev.wrenn.control.domain.usage;

import dev.wrenn.common.model.TeamId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// What a team ran over a time.
///
/// @param current what it has now
/// @param peaks the most of each figure within 30 days
/// @param series the most within each bucket, oldest first
public record Statistics(Load current, Load peaks, List<Point> series) {
    private static final Duration PEAKS = Duration.ofDays(30);

    /// @param at when the bucket began
    public record Point(Instant at, Load most) {}

    public static Statistics read(LoadStore loads, TeamId team, StatRange range) {
        // Two buckets are at least as long as one, wherever in its bucket now is.
        var month = loads.history(team, PEAKS, 2);
        var peaks = month.before();
        for (var bucket : month.buckets()) peaks = peaks.most(bucket.most());
        var history = loads.history(team, range.bucket(), range.count());
        return of(history, range.bucket(), range.count(), peaks);
    }

    /// Between two changes there is what there was after the first one.
    static Statistics of(LoadStore.History history, Duration bucket, int count, Load peaks) {
        var series = new ArrayList<Point>(count);
        var now = history.before();
        var changes = history.buckets().iterator();
        var next = changes.hasNext() ? changes.next() : null;
        for (long number = history.first(); number < history.first() + count; number++) {
            var most = now;
            if (next != null && next.number() == number) {
                most = most.most(next.most());
                now = next.last();
                next = changes.hasNext() ? changes.next() : null;
            }
            series.add(new Point(Instant.ofEpochSecond(number * bucket.toSeconds()), most));
        }
        return new Statistics(now, peaks, List.copyOf(series));
    }
}
