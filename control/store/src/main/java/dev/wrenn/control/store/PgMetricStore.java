package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricStore;
import dev.wrenn.control.domain.usage.MetricTiers;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// What capsules took, in PostgreSQL. A trigger on capsules says what is due.
public final class PgMetricStore implements MetricStore {
    private static final String TEN_MINUTES = "10m";
    private static final String TWO_HOURS = "2h";
    private static final String DAY = "24h";

    private static final String ASKED =
            "select ask_at is null as complete from capsule_metrics where capsule_id = :id";

    /// The primary key.
    private static final String POINTS =
            """
            select tier, at, cpu, memory, disk from capsule_metric_points where capsule_id = :id
            """;

    /// Index capsule_metrics_due.
    private static final String DUE =
            """
            select m.capsule_id, c.host_id, m.stopped_at
              from capsule_metrics m join capsules c on c.id = m.capsule_id
             where m.ask_at <= clock_timestamp() and c.host_id = any(:hosts)
             order by m.ask_at limit :limit
            """;

    private static final String TOLD =
            """
            update capsule_metrics set ask_at = null
             where capsule_id = :id and stopped_at = :since and ask_at is not null
            """;

    private static final String KEEP =
            """
            insert into capsule_metric_points (capsule_id, tier, at, cpu, memory, disk)
            values (:id, :tier, :at, :cpu, :memory, :disk)
            on conflict (capsule_id, tier) do update
               set at = excluded.at, cpu = excluded.cpu, memory = excluded.memory,
                   disk = excluded.disk
            """;

    private static final String LATER =
            """
            update capsule_metrics set ask_at = clock_timestamp() + interval '30 seconds'
             where capsule_id = :id and stopped_at = :since and ask_at is not null
            """;

    /// Index capsule_metrics_old.
    private static final String FORGET =
            """
            delete from capsule_metrics m using capsules c, teams t
             where c.id = m.capsule_id and t.id = c.team_id
               and (t.deleted_at is not null
                    or m.stopped_at < :before and c.status in ('stopped', 'error'))
            """;

    private final Database db;

    public PgMetricStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<Kept> find(CapsuleId id) {
        return db.inTransaction(h ->
                h.createQuery(ASKED)
                        .bind("id", id.value())
                        .mapTo(Boolean.class)
                        .findOne()
                        .map(complete -> new Kept(tiers(h, id), complete)));
    }

    private static MetricTiers tiers(Handle h, CapsuleId id) {
        var found = new HashMap<String, List<MetricPoint>>();
        h.createQuery(POINTS)
                .bind("id", id.value())
                .map((rs, _) -> {
                    found.put(rs.getString("tier"), points(rs));
                    return rs.getString("tier");
                })
                .list();
        return new MetricTiers(
                found.getOrDefault(TEN_MINUTES, List.of()),
                found.getOrDefault(TWO_HOURS, List.of()),
                found.getOrDefault(DAY, List.of()));
    }

    private static List<MetricPoint> points(ResultSet rs) throws SQLException {
        var at = (Long[]) rs.getArray("at").getArray();
        var cpu = (Float[]) rs.getArray("cpu").getArray();
        var memory = (Long[]) rs.getArray("memory").getArray();
        var disk = (Long[]) rs.getArray("disk").getArray();
        var points = new ArrayList<MetricPoint>(at.length);
        for (int i = 0; i < at.length; i++)
            points.add(new MetricPoint(Instant.ofEpochSecond(at[i]), cpu[i], memory[i], disk[i]));
        return points;
    }

    @Override
    public List<Due> due(Collection<HostId> hosts, int limit) {
        var ids = hosts.stream().map(HostId::value).toArray(UUID[]::new);
        return db.with(h ->
                h.createQuery(DUE)
                        .bind("hosts", ids)
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new Due(
                                        new CapsuleId(rs.getObject("capsule_id", UUID.class)),
                                        new HostId(rs.getObject("host_id", UUID.class)),
                                        rs.getObject("stopped_at", OffsetDateTime.class)
                                                .toInstant()))
                        .list());
    }

    @Override
    public void keep(Due due, MetricTiers tiers) {
        db.inTransaction(h -> {
            boolean meant =
                    h.createUpdate(TOLD)
                                    .bind("id", due.id().value())
                                    .bind("since", utc(due.since()))
                                    .execute()
                            == 1;
            if (!meant || tiers.newest().isEmpty()) return meant;
            var all = tiers.after(tiers(h, due.id()));
            write(h, due.id(), TEN_MINUTES, all.tenMinutes());
            write(h, due.id(), TWO_HOURS, all.twoHours());
            write(h, due.id(), DAY, all.day());
            return true;
        });
    }

    private static void write(Handle h, CapsuleId id, String tier, List<MetricPoint> points) {
        var at = new Long[points.size()];
        var cpu = new Float[points.size()];
        var memory = new Long[points.size()];
        var disk = new Long[points.size()];
        for (int i = 0; i < at.length; i++) {
            var point = points.get(i);
            at[i] = point.at().getEpochSecond();
            cpu[i] = (float) point.cpuPercent();
            memory[i] = point.memoryBytes();
            disk[i] = point.diskBytes();
        }
        h.createUpdate(KEEP)
                .bind("id", id.value())
                .bind("tier", tier)
                .bind("at", at)
                .bind("cpu", cpu)
                .bind("memory", memory)
                .bind("disk", disk)
                .execute();
    }

    @Override
    public void later(Due due) {
        db.with(h ->
                h.createUpdate(LATER)
                        .bind("id", due.id().value())
                        .bind("since", utc(due.since()))
                        .execute());
    }

    @Override
    public void forget(Instant before) {
        db.with(h -> h.createUpdate(FORGET).bind("before", utc(before)).execute());
    }

    private static OffsetDateTime utc(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }
}
