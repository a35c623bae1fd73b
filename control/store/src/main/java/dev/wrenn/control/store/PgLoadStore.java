package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.usage.Load;
import dev.wrenn.control.domain.usage.LoadStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;

/// What teams run, as the changes that triggers of the capsules write into `team_loads`.
public final class PgLoadStore implements LoadStore {
    private static final String NOW = "select clock_timestamp()";

    /// Primary key of team_loads.
    private static final String BEFORE =
            """
            select coalesce(sum(running), 0) as running, coalesce(sum(vcpus), 0) as vcpus,
                   coalesce(sum(memory_mb), 0) as memory_mb
              from team_loads where team_id = :team and at < :from
            """;

    /// Primary key of team_loads.
    private static final String BUCKETS =
            """
            with steps as (
                select at, id,
                       :running + sum(running) over w as running,
                       :vcpus + sum(vcpus) over w as vcpus,
                       :memory + sum(memory_mb) over w as memory_mb
                  from team_loads where team_id = :team and at >= :from
                window w as (order by at, id)
            )
            select floor(extract(epoch from at) / :seconds)::bigint as bucket,
                   max(running) as running, max(vcpus) as vcpus, max(memory_mb) as memory_mb,
                   (array_agg(running order by at desc, id desc))[1] as last_running,
                   (array_agg(vcpus order by at desc, id desc))[1] as last_vcpus,
                   (array_agg(memory_mb order by at desc, id desc))[1] as last_memory_mb
              from steps group by 1 order by 1
            """;

    /// Primary key of team_loads. What is after now does not count, whatever the day.
    private static final String DAYS =
            """
            with steps as (
                select at, lead(at, 1, :now) over w as until,
                       sum(vcpus) over w as vcpus, sum(memory_mb) over w as memory_mb
                  from team_loads where team_id = :team and at < :now
                window w as (order by at, id)
            )
            select (d.day at time zone 'UTC')::date as day,
                   coalesce(sum(s.vcpus * p.seconds), 0) / 60 as vcpu_minutes,
                   coalesce(sum(s.memory_mb * p.seconds), 0) / 60 as memory_mb_minutes
              from generate_series(:from, :to, interval '24 hours') d (day)
              left join steps s on s.at < d.day + interval '24 hours' and s.until > d.day
              left join lateral (
                  select extract(epoch from
                      least(s.until, d.day + interval '24 hours') - greatest(s.at, d.day)) as seconds
              ) p on true
             group by d.day order by d.day
            """;

    /// All of a team before a time become one row at that time.
    private static final String FOLD =
            """
            with gone as (
                delete from team_loads where at < :before
                returning team_id, running, vcpus, memory_mb
            )
            insert into team_loads (team_id, at, running, vcpus, memory_mb)
            select team_id, :before, sum(running), sum(vcpus), sum(memory_mb) from gone
             group by team_id
            having sum(running) <> 0 or sum(vcpus) <> 0 or sum(memory_mb) <> 0
            """;

    private final Database db;

    public PgLoadStore(Database db) {
        this.db = db;
    }

    @Override
    public History history(TeamId team, Duration bucket, int count) {
        return db.inTransaction(h -> {
            var now = h.createQuery(NOW).mapTo(OffsetDateTime.class).one().toInstant();
            long first = Math.floorDiv(now.getEpochSecond(), bucket.toSeconds()) - count + 1;
            var from = utc(Instant.ofEpochSecond(first * bucket.toSeconds()));
            var before =
                    h.createQuery(BEFORE)
                            .bind("team", team.value())
                            .bind("from", from)
                            .map((rs, _) -> load(rs, ""))
                            .one();
            var buckets =
                    h.createQuery(BUCKETS)
                            .bind("team", team.value())
                            .bind("from", from)
                            .bind("seconds", bucket.toSeconds())
                            .bind("running", before.running())
                            .bind("vcpus", before.vcpus())
                            .bind("memory", before.memoryMb())
                            .map((rs, _) ->
                                    new Bucket(
                                            rs.getLong("bucket"), load(rs, ""), load(rs, "last_")))
                            .list();
            return new History(now, first, before, buckets);
        });
    }

    @Override
    public List<Day> days(TeamId team, LocalDate from, LocalDate to) {
        return db.inTransaction(h -> {
            var now = h.createQuery(NOW).mapTo(OffsetDateTime.class).one();
            return h.createQuery(DAYS)
                    .bind("team", team.value())
                    .bind("now", now)
                    .bind("from", from.atStartOfDay().atOffset(ZoneOffset.UTC))
                    .bind("to", to.atStartOfDay().atOffset(ZoneOffset.UTC))
                    .map((rs, _) ->
                            new Day(
                                    rs.getObject("day", LocalDate.class),
                                    rs.getDouble("vcpu_minutes"),
                                    rs.getDouble("memory_mb_minutes")))
                    .list();
        });
    }

    @Override
    public void fold(Instant before) {
        db.inTransaction(h -> h.createUpdate(FOLD).bind("before", utc(before)).execute());
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    private static Load load(ResultSet rs, String prefix) throws SQLException {
        return new Load(
                rs.getLong(prefix + "running"),
                rs.getLong(prefix + "vcpus"),
                rs.getLong(prefix + "memory_mb"));
    }
}
