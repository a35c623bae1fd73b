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
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/// Deliveries in PostgreSQL.
public final class PgDeliveryStore implements DeliveryStore {
    /// A lost commit of what was delivered only means that it is delivered again.
    private static final String QUICK = "set local synchronous_commit to off";

    /// Indexes deliveries_waiting and deliveries_in_order. The update asks again for what another
    /// control plane may have claimed meanwhile.
    private static final String CLAIM =
            """
            with picked as (
                select d.id
                  from channels c cross join lateral (
                       select d.id from deliveries d
                        where d.channel_id = c.id and d.state = 'waiting' and d.due_at <= now()
                          and (d.claimed_until is null or d.claimed_until <= now())
                          and not exists (
                              select 1 from deliveries e
                               where e.channel_id = d.channel_id and e.resource = d.resource
                                 and e.state = 'waiting' and e.event_number < d.event_number)
                        order by d.event_number limit :each) d
                 where c.id <> all(:without)
                 limit :limit),
            claimed as (
                update deliveries d
                   set claimed_until = clock_timestamp() + make_interval(secs => :lease)
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

    private static final String END =
            """
            update deliveries set state = :state, attempts = attempts + 1, status = :status,
                   error = :error, claimed_until = null, finished_at = clock_timestamp()
             where id = :id and state = 'waiting'
            """;

    private static final String LATER =
            """
            update deliveries set attempts = attempts + 1, status = :status, error = :error,
                   claimed_until = null, due_at = clock_timestamp() + make_interval(secs => :pause)
             where id = :id and state = 'waiting'
            """;

    private static final String WORKS_AGAIN =
            "update channels set last_error = null where id = :channel and last_error is not null";

    private static final String SHOW =
            "update channels set last_error = :error where id = :channel";

    /// Index deliveries_by_channel.
    private static final String LIST =
            """
            select d.id, d.event, d.resource, d.state, d.attempts, d.status, d.error,
                   d.created_at, d.finished_at
              from deliveries d join channels c on c.id = d.channel_id
             where d.channel_id = :channel and c.team_id = :team
             order by d.event_number desc limit :limit
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

    private final Database db;

    public PgDeliveryStore(Database db) {
        this.db = db;
    }

    @Override
    public List<Claimed> claim(Collection<ChannelId> without, int each, int limit, Duration lease) {
        var ids = without.stream().map(ChannelId::value).toArray(UUID[]::new);
        return db.inTransaction(h -> {
            h.execute(QUICK);
            return h.createQuery(CLAIM)
                    .bind("without", ids)
                    .bind("each", each)
                    .bind("limit", limit)
                    .bind("lease", lease.toMillis() / 1000.0)
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
    public void done(Claimed delivery, int status) {
        db.inTransaction(h -> {
            h.execute(QUICK);
            end(h, delivery, "delivered", Optional.of(status), Optional.empty());
            h.createUpdate(WORKS_AGAIN).bind("channel", delivery.channel().value()).execute();
            return true;
        });
    }

    private static void end(
            Handle h,
            Claimed delivery,
            String state,
            Optional<Integer> status,
            Optional<String> error) {
        h.createUpdate(END)
                .bind("id", delivery.id())
                .bind("state", state)
                .bind("status", status.orElse(null))
                .bind("error", error.orElse(null))
                .execute();
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
            end(h, delivery, "failed", status, Optional.of(words));
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
