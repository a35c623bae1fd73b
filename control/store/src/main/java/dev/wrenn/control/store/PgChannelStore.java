package dev.wrenn.control.store;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import dev.wrenn.control.domain.channels.Channel;
import dev.wrenn.control.domain.channels.ChannelStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/// Channels in PostgreSQL.
public final class PgChannelStore implements ChannelStore {
    private static final String NAME_TAKEN = "channels_name_unique";
    private static final String COLUMNS =
            "id, team_id, name, provider, events, last_error, created_at, updated_at ";

    private static final String COUNT = "select count(*) from channels where team_id = :team";

    private static final String INSERT =
            """
            insert into channels (id, team_id, name, provider, config, events)
            values (:id, :team, :name, :provider, :config::jsonb, :events)
            returning
            """
                    + COLUMNS;

    /// Index channels_name_unique.
    private static final String OF_TEAM =
            "select " + COLUMNS + "from channels where team_id = :team order by name";

    private static final String FIND =
            "select " + COLUMNS + "from channels where id = :id and team_id = :team";

    private static final String CHANGE =
            """
            update channels set name = coalesce(:name, name), events = coalesce(:events, events),
                   updated_at = clock_timestamp()
             where id = :id and team_id = :team
            returning
            """
                    + COLUMNS;

    private static final String CONFIGURE =
            """
            update channels set config = :config::jsonb, last_error = null,
                   updated_at = clock_timestamp()
             where id = :id and team_id = :team
            returning
            """
                    + COLUMNS;

    private static final String DELETE =
            "delete from channels where id = :id and team_id = :team returning name";

    private static final String SEALED =
            "select id, config from channels where id > :after order by id limit :limit";

    private static final String RESEAL =
            """
            update channels set config = :config::jsonb where id = :id and config = :before::jsonb
            """;

    private final Database db;

    public PgChannelStore(Database db) {
        this.db = db;
    }

    @Override
    public Stored insert(Fresh channel, int limit, Actor by) {
        return naming(h -> {
            if (!TeamAmounts.lock(h, channel.team().value())) return new Stored.NotFound();
            long count =
                    h.createQuery(COUNT)
                            .bind("team", channel.team().value())
                            .mapTo(Long.class)
                            .one();
            if (count >= limit) return new Stored.Full();
            var stored =
                    h.createQuery(INSERT)
                            .bind("id", channel.id().value())
                            .bind("team", channel.team().value())
                            .bind("name", channel.name())
                            .bind("provider", channel.provider())
                            .bind("config", Json.write(channel.sealed()))
                            .bind("events", channel.events().toArray(String[]::new))
                            .map(PgChannelStore::channel)
                            .one();
            var told = Map.of("name", channel.name(), "provider", channel.provider());
            write(h, channel.team(), by, "create", channel.id(), Tone.SUCCESS, told);
            return new Stored.Done(stored);
        });
    }

    private interface Work {
        Stored on(Handle h);
    }

    private Stored naming(Work work) {
        try {
            return db.inTransaction(work::on);
        } catch (StoreException e) {
            if (e.violates(NAME_TAKEN)) return new Stored.NameTaken();
            throw e;
        }
    }

    private static void write(
            Handle h,
            TeamId team,
            Actor by,
            String action,
            ChannelId id,
            Tone tone,
            Map<String, String> told) {
        AuditRows.write(h, Audit.channel(team, by, action, id, tone, told));
    }

    private static Channel channel(ResultSet rs, StatementContext context) throws SQLException {
        return new Channel(
                new ChannelId(rs.getObject("id", UUID.class)),
                new TeamId(rs.getObject("team_id", UUID.class)),
                rs.getString("name"),
                rs.getString("provider"),
                List.of((String[]) rs.getArray("events").getArray()),
                Optional.ofNullable(rs.getString("last_error")),
                rs.getObject("created_at", OffsetDateTime.class).toInstant(),
                rs.getObject("updated_at", OffsetDateTime.class).toInstant());
    }

    @Override
    public List<Channel> of(TeamId team) {
        return db.with(h ->
                h.createQuery(OF_TEAM)
                        .bind("team", team.value())
                        .map(PgChannelStore::channel)
                        .list());
    }

    @Override
    public Optional<Channel> find(TeamId team, ChannelId id) {
        return db.with(h ->
                h.createQuery(FIND)
                        .bind("team", team.value())
                        .bind("id", id.value())
                        .map(PgChannelStore::channel)
                        .findOne());
    }

    @Override
    public Stored change(
            TeamId team,
            ChannelId id,
            Optional<String> name,
            Optional<List<String>> events,
            Actor by) {
        return naming(h -> {
            var stored =
                    h.createQuery(CHANGE)
                            .bind("team", team.value())
                            .bind("id", id.value())
                            .bind("name", name.orElse(null))
                            .bind("events", events.map(e -> e.toArray(String[]::new)).orElse(null))
                            .map(PgChannelStore::channel)
                            .findOne();
            if (stored.isEmpty()) return new Stored.NotFound();
            write(h, team, by, "update", id, Tone.INFO, Map.of());
            return new Stored.Done(stored.get());
        });
    }

    @Override
    public Stored configure(TeamId team, ChannelId id, Map<String, String> sealed, Actor by) {
        return db.inTransaction(h -> {
            var stored =
                    h.createQuery(CONFIGURE)
                            .bind("team", team.value())
                            .bind("id", id.value())
                            .bind("config", Json.write(sealed))
                            .map(PgChannelStore::channel)
                            .findOne();
            if (stored.isEmpty()) return new Stored.NotFound();
            write(h, team, by, "rotate_config", id, Tone.INFO, Map.of());
            return new Stored.Done(stored.get());
        });
    }

    @Override
    public boolean delete(TeamId team, ChannelId id, Actor by) {
        return db.inTransaction(h -> {
            var name =
                    h.createQuery(DELETE)
                            .bind("team", team.value())
                            .bind("id", id.value())
                            .mapTo(String.class)
                            .findOne();
            if (name.isEmpty()) return false;
            write(h, team, by, "delete", id, Tone.WARNING, Map.of("name", name.get()));
            return true;
        });
    }

    @Override
    public List<Sealed> sealed(ChannelId after, int limit) {
        return db.with(h ->
                h.createQuery(SEALED)
                        .bind("after", after.value())
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new Sealed(
                                        new ChannelId(rs.getObject("id", UUID.class)),
                                        Json.read(rs.getString("config"))))
                        .list());
    }

    @Override
    public void reseal(Sealed before, Map<String, String> after) {
        db.with(h ->
                h.createUpdate(RESEAL)
                        .bind("id", before.id().value())
                        .bind("before", Json.write(before.values()))
                        .bind("config", Json.write(after))
                        .execute());
    }
}
