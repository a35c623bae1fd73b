package dev.wrenn.control.store;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.channels.DeliveryStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/// Deliveries in PostgreSQL.
public final class PgDeliveryStore implements DeliveryStore, AutoCloseable {
    /// A lost commit of what was delivered only means that it is delivered again.
    private static final String QUICK = "set local synchronous_commit to off";

    /// Index deliveries_waiting. Of each channel the first [#WINDOW] waiting ones are looked at, so
    /// that a claim costs the same however many wait: the first of each resource may be claimed.
    /// The update asks again for what another control plane may have claimed meanwhile.
    static final String CLAIM =
            """
            with picked as materialized (
                select d.id
                  from channels c cross join lateral (
                       select w.id from (
                              select v.id, v.event_number, v.ready,
                                     row_number() over (
                                         partition by v.resource order by v.event_number) as place
                                from (select d.id, d.event_number, d.resource,
                                             d.due_at <= now()
                                                 and (d.claimed_until is null
                                                      or d.claimed_until <= now()) as ready
                                        from deliveries d
                                       where d.channel_id = c.id and d.state = 'waiting'
                                       order by d.event_number limit :window) v) w
                        where w.place = 1 and w.ready
                        order by w.event_number limit :each) d
                 where c.id <> all(:without)
                 limit :limit),
            claimed as (
                update deliveries d
                   set claimed_until = clock_timestamp() + make_interval(secs => :lease),
                       claimed_by = :me
                  from picked p
                 where d.id = p.id and d.state = 'waiting'
                   and (d.claimed_until is null or d.claimed_until <= now())
                returning d.id, d.channel_id, d.event_number, d.attempts)
            select d.id as delivery, d.channel_id, d.attempts, c.provider, c.config,
                   e.number, e.event,
            """
                    + AuditRows.COLUMNS
                    + """
                      from claimed d
                      join channels c on c.id = d.channel_id
                      join events e on e.number = d.event_number
                      join audit_logs a on a.id = e.audit_id
                     order by e.number
                    """;

    /// Index deliveries_claimed. A name whose lock can be had is nobody's any more.
    private static final String RELEASE =
            """
            with gone as materialized (
                select claimed_by from (
                       select distinct claimed_by from deliveries
                        where claimed_by is not null and claimed_by <> :me) others
                 where pg_try_advisory_xact_lock(hashtextextended('wrenn:' || claimed_by, 0)))
            update deliveries d set claimed_until = null, claimed_by = null
              from gone g
             where d.claimed_by = g.claimed_by
            """;

    private static final String FAILED =
            """
            update deliveries set state = 'failed', attempts = attempts + 1, status = :status,
                   error = :error, claimed_until = null, claimed_by = null,
                   finished_at = clock_timestamp()
             where id = :id and state = 'waiting'
            """;

    private static final String LATER =
            """
            update deliveries set attempts = attempts + 1, status = :status, error = :error,
                   claimed_until = null, claimed_by = null,
                   due_at = clock_timestamp() + make_interval(secs => :pause)
             where id = :id and state = 'waiting'
            """;

    private static final String TAKEN =
            """
            update deliveries d set state = 'delivered', attempts = attempts + 1,
                   status = t.status, error = null, claimed_until = null, claimed_by = null,
                   finished_at = clock_timestamp()
              from unnest(:ids, :statuses) as t (id, status)
             where d.id = t.id and d.state = 'waiting'
            """;

    private static final String WORK_AGAIN =
            """
            update channels set last_error = null
             where id = any(:channels) and last_error is not null
            """;

    private static final String SHOW =
            "update channels set last_error = :error where id = :channel";

    /// Index deliveries_by_channel.
    private static final String LIST =
            """
            select d.id, d.event, d.resource, d.state, d.attempts, d.status, d.error,
                   d.created_at, d.finished_at
              from deliveries d join channels c on c.id = d.channel_id
             where d.channel_id = :channel and c.team_id = :team
             order by d.created_at desc, d.event_number desc limit :limit
            """;

    private static final String AGAIN =
            """
            update deliveries d set state = 'waiting', attempts = 0, due_at = now(),
                   finished_at = null, error = null, status = null
              from channels c
             where d.id = :id and d.channel_id = :channel and c.id = d.channel_id
               and c.team_id = :team and d.state <> 'waiting'
            """;

    /// Index deliveries_ended.
    private static final String REMOVE =
            """
            delete from deliveries
             where state <> 'waiting' and finished_at <= now() - make_interval(secs => :age)
            """;

    /// Deliveries of one channel that one claim looks at.
    static final int WINDOW = 512;

    private final Database db;
    private final String me = "deliveries:" + UUID.randomUUID();
    private final LeaderLock alive;
    private volatile boolean named; // without the lock of my name only the lease holds a claim

    public PgDeliveryStore(Database db) {
        this.db = db;
        this.alive = new LeaderLock(db, me);
    }

    @Override
    public int releaseOfTheGone() {
        named = alive.held();
        return db.with(h -> h.createUpdate(RELEASE).bind("me", me).execute());
    }

    /// Ends the sign of life: what is claimed may be claimed by others at once.
    @Override
    public void close() {
        alive.close();
    }

    @Override
    public List<Claimed> claim(Collection<ChannelId> without, int each, int limit, Duration lease) {
        var ids = without.stream().map(ChannelId::value).toArray(UUID[]::new);
        return db.inTransaction(h -> {
            h.execute(QUICK);
            return h.createQuery(CLAIM)
                    .bind("without", ids)
                    .bind("each", each)
                    .bind("window", WINDOW)
                    .bind("limit", limit)
                    .bind("lease", lease.toMillis() / 1000.0)
                    .bind("me", named ? me : null)
                    .map(PgDeliveryStore::claimed)
                    .list();
        });
    }

    private static Claimed claimed(ResultSet rs, StatementContext context) throws SQLException {
        return new Claimed(
                rs.getObject("delivery", UUID.class),
                new ChannelId(rs.getObject("channel_id", UUID.class)),
                rs.getString("provider"),
                Json.read(rs.getString("config")),
                rs.getInt("attempts"),
                PgEventLog.item(rs, context));
    }

    @Override
    public void done(Collection<Taken> deliveries) {
        var ids = deliveries.stream().map(d -> d.delivery().id()).toArray(UUID[]::new);
        var statuses = deliveries.stream().map(Taken::status).toArray(Integer[]::new);
        var channels =
                deliveries.stream()
                        .map(d -> d.delivery().channel().value())
                        .distinct()
                        .toArray(UUID[]::new);
        db.inTransaction(h -> {
            h.execute(QUICK);
            h.createUpdate(TAKEN).bind("ids", ids).bind("statuses", statuses).execute();
            h.createUpdate(WORK_AGAIN).bind("channels", channels).execute();
            return true;
        });
    }

    @Override
    public void later(Claimed delivery, String words, Optional<Integer> status, Duration after) {
        db.with(h ->
                h.createUpdate(LATER)
                        .bind("id", delivery.id())
                        .bind("status", status.orElse(null))
                        .bind("error", words)
                        .bind("pause", after.toMillis() / 1000.0)
                        .execute());
    }

    @Override
    public void failed(Claimed delivery, String words, Optional<Integer> status) {
        db.inTransaction(h -> {
            h.createUpdate(FAILED)
                    .bind("id", delivery.id())
                    .bind("status", status.orElse(null))
                    .bind("error", words)
                    .execute();
            h.createUpdate(SHOW)
                    .bind("channel", delivery.channel().value())
                    .bind("error", words)
                    .execute();
            return true;
        });
    }

    @Override
    public List<Line> of(TeamId team, ChannelId channel, int limit) {
        return db.with(h ->
                h.createQuery(LIST)
                        .bind("team", team.value())
                        .bind("channel", channel.value())
                        .bind("limit", limit)
                        .map(PgDeliveryStore::line)
                        .list());
    }

    private static Line line(ResultSet rs, StatementContext context) throws SQLException {
        return new Line(
                rs.getObject("id", UUID.class),
                rs.getString("event"),
                rs.getString("resource"),
                rs.getString("state"),
                rs.getInt("attempts"),
                Optional.ofNullable(rs.getObject("status", Integer.class)),
                Optional.ofNullable(rs.getString("error")),
                rs.getObject("created_at", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(CapsuleRows.instant(rs, "finished_at")));
    }

    @Override
    public boolean again(TeamId team, ChannelId channel, UUID delivery) {
        return db.with(h ->
                h.createUpdate(AGAIN)
                        .bind("id", delivery)
                        .bind("channel", channel.value())
                        .bind("team", team.value())
                        .execute())
                > 0;
    }

    @Override
    public void removeOlder(Duration age) {
        db.with(h -> h.createUpdate(REMOVE).bind("age", age.toSeconds()).execute());
    }
}
