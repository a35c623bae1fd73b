package dev.wrenn.control.store;

import dev.wrenn.control.domain.audit.EventLog;
import dev.wrenn.control.domain.audit.Outbox;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jdbi.v3.core.statement.StatementContext;

/// Events and their outbox in PostgreSQL. An event gets its place and what channels are to be told
/// of it in one transaction.
public final class PgEventLog implements EventLog, Outbox {
    /// Whoever orders events holds it until the commit.
    private static final String ONE_AT_A_TIME =
            "select pg_advisory_xact_lock(hashtext('wrenn.events'))";

    private static final String ORDER =
            """
            with moved as (
                delete from audit_outbox
                 where number in (select number from audit_outbox order by number limit :limit)
                returning number, audit_id, event)
            insert into events (number, audit_id, team_id, event)
            select nextval('event_numbers'), m.audit_id, m.team_id, m.event
              from (select m.audit_id, a.team_id, m.event
                      from moved m join audit_logs a on a.id = m.audit_id
                     order by m.number) m
            returning number
            """;

    private static final String FAN_OUT =
            """
            insert into deliveries (channel_id, event_number, event, resource)
            select c.id, e.number, e.event, a.resource_type || ' ' || coalesce(a.resource_id, '')
              from events e
              join audit_logs a on a.id = e.audit_id
              join channels c on c.team_id = e.team_id and e.event = any(c.events)
             where e.number = any(:numbers)
             order by e.number
            """;

    private static final String FROM =
            "select e.number, e.event, "
                    + AuditRows.COLUMNS
                    + " from events e join audit_logs a on a.id = e.audit_id";

    /// Index events_unpublished.
    private static final String WAITING =
            FROM + " where not e.published order by e.number limit :limit";

    private static final String DONE =
            "update events set published = true where number = any(:numbers)";

    /// Index events_by_team.
    private static final String OF_TEAM = FROM + " where e.team_id = :team and e.number > :after";

    private static final String NAMES = " and e.event = any(:names)";
    private static final String RESOURCES = " and a.resource_id = any(:resources)";
    private static final String IN_ORDER = " order by e.number limit :limit";

    private static final String NEWEST = "select coalesce(max(number), 0) from events";

    /// Index events_by_age.
    private static final String REMOVE =
            """
            delete from events where published and at <= now() - make_interval(secs => :age)
               and number < (select max(number) from events)
            """;

    private final Database db;

    public PgEventLog(Database db) {
        this.db = db;
    }

    @Override
    public int order(int limit) {
        boolean any =
                db.with(h ->
                        h.createQuery("select exists (select 1 from audit_outbox)")
                                .mapTo(Boolean.class)
                                .one());
        if (!any) return 0;
        return db.inTransaction(h -> {
            h.execute(ONE_AT_A_TIME);
            var numbers = h.createQuery(ORDER).bind("limit", limit).mapTo(Long.class).list();
            h.createUpdate(FAN_OUT).bind("numbers", numbers.toArray(Long[]::new)).execute();
            return numbers.size();
        });
    }

    @Override
    public List<Item> waiting(int limit) {
        return db.with(
                h -> h.createQuery(WAITING).bind("limit", limit).map(PgEventLog::item).list());
    }

    static Item item(ResultSet rs, StatementContext context) throws SQLException {
        return new Item(rs.getLong("number"), rs.getString("event"), AuditRows.row(rs));
    }

    @Override
    public void done(List<Long> numbers) {
        db.with(h -> h.createUpdate(DONE).bind("numbers", numbers.toArray(Long[]::new)).execute());
    }

    @Override
    public List<Item> find(Query query) {
        var sql = new StringBuilder(OF_TEAM);
        if (!query.names().isEmpty()) sql.append(NAMES);
        if (!query.resources().isEmpty()) sql.append(RESOURCES);
        sql.append(IN_ORDER);
        return db.with(h -> {
            var statement =
                    h.createQuery(sql.toString())
                            .bind("team", query.team().value())
                            .bind("after", query.after())
                            .bind("limit", query.limit());
            if (!query.names().isEmpty())
                statement.bind("names", query.names().toArray(String[]::new));
            if (!query.resources().isEmpty())
                statement.bind("resources", query.resources().toArray(String[]::new));
            return statement.map(PgEventLog::item).list();
        });
    }

    @Override
    public long newest() {
        return db.with(h -> h.createQuery(NEWEST).mapTo(Long.class).one());
    }

    @Override
    public void removeOlder(Duration age) {
        db.with(h -> h.createUpdate(REMOVE).bind("age", age.toSeconds()).execute());
    }
}
