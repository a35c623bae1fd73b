package dev.wrenn.control.domain.usage;

import dev.wrenn.common.model.TeamId;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;

/// The history of what teams run. It is made of the changes themselves, each written in the
/// transaction that changed a capsule: exact, without samples, whichever control planes were there.
public interface LoadStore {
    /// How long changes are kept apart: the 92 days that can be asked for, and some.
    Duration KEPT = Duration.ofDays(100);

    /// What was within one bucket of a history.
    ///
    /// @param number its start, in lengths of a bucket since 1970
    record Bucket(long number, Load most, Load last) {}

    /// @param now when it was read
    /// @param first number of the first bucket
    /// @param before what there was when the first bucket began
    /// @param buckets those within which something changed, oldest first
    record History(Instant now, long first, Load before, List<Bucket> buckets) {}

    /// What a team had reserved over a day in UTC, in full minutes of one vCPU or MiB.
    record Day(LocalDate date, double vcpuMinutes, double memoryMbMinutes) {}

    /// The newest so many buckets, the last of which is not over yet.
    History history(TeamId team, Duration bucket, int count);

    /// Each day of a time, also those with nothing; a day that is not over yet up to now.
    List<Day> days(TeamId team, LocalDate from, LocalDate to);

    /// Makes one of all changes of a team before a time.
    void fold(Instant before);
}
