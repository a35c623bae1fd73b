package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.snapshots.Draft;
import dev.wrenn.control.domain.snapshots.SnapshotStore;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.Template;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/// Snapshot templates in PostgreSQL. The database alone decides who gets a name: an index over the
/// ready ones and a trigger for those of the platform.
public final class PgSnapshotStore implements SnapshotStore {
    private static final String NAME_RESERVED = "templates_name_reserved";
    private static final String NAME_TAKEN = "templates_name_unique";
    private static final String DRAFT = "id, team_id, name, host_id ";

    private static final String BEGIN =
            """
            insert into templates (id, team_id, name, type, vcpus, memory_mb, host_id, state,
                created_at, leased_until)
            values (:id, :team, :name, 'snapshot', :vcpus, :memory, :host, 'saving',
                clock_timestamp(), clock_timestamp() + make_interval(secs => :lease))
            """;

    /// Index templates_by_team.
    private static final String COUNTED =
            """
            select exists (select 1 from templates
                            where team_id = :team and name = :name and type = 'snapshot'
                              and state <> 'deleting')
            """;

    private static final String LOCK =
            "select id from templates where id = :id and state = 'saving' for update";

    /// Index templates_name_unique.
    private static final String REPLACE =
            """
            update templates old set state = 'deleting'
              from templates new
             where new.id = :id and old.team_id = new.team_id and old.name = new.name
               and old.state = 'ready'
            returning old.id, old.team_id, old.name, old.host_id
            """;

    private static final String PUBLISH =
            """
            update templates
               set state = 'ready', size_bytes = :size, vcpus = :vcpus, memory_mb = :memory,
                   metadata = :metadata::jsonb, created_at = clock_timestamp()
             where id = :id
            returning
            """
                    + PgTemplateStore.COLUMNS;

    private static final String DISCARD =
            "update templates set state = 'deleting' where id = :id and state = 'saving'";

    /// Index templates_name_unique.
    private static final String DELETE =
            """
            update templates set state = 'deleting'
             where team_id = :team and name = :name and state = 'ready'
            returning
            """
                    + DRAFT;

    /// Index templates_unsettled.
    private static final String DISCARD_ABANDONED =
            """
            update templates set state = 'deleting'
             where state = 'saving' and leased_until <= clock_timestamp()
            """;

    private static final String RENEW =
            """
            update templates set leased_until = clock_timestamp() + make_interval(secs => :lease)
             where id = any(:ids) and state = 'saving'
            """;

    /// Index templates_unsettled.
    private static final String DOOMED =
            "select "
                    + DRAFT
                    + "from templates where state = 'deleting' order by created_at limit :limit";

    private static final String FORGET =
            "delete from templates where id = :id and state = 'deleting'";

    private static final int MOST_ATTEMPTS = 5;

    private final Database db;

    public PgSnapshotStore(Database db) {
        this.db = db;
    }

    @Override
    public Begun begin(Draft draft, CapsuleSpec spec, Duration lease, Amounts normal) {
        var team = draft.team().value();
        try {
            return db.inTransaction(h -> {
                if (!TeamAmounts.lock(h, team)) return new Begun.NoTeam();
                var excess = excess(h, draft, normal);
                if (excess.isPresent()) return new Begun.Full(excess.get());
                h.createUpdate(BEGIN)
                        .bind("id", draft.id().value())
                        .bind("team", team)
                        .bind("name", draft.name())
                        .bind("vcpus", spec.vcpus())
                        .bind("memory", spec.memory().mib())
                        .bind("host", draft.host().map(HostId::value).orElse(null))
                        .bind("lease", seconds(lease))
                        .execute();
                return new Begun.Done();
            });
        } catch (StoreException e) {
            if (e.violates(NAME_RESERVED)) return new Begun.Reserved();
            throw e;
        }
    }

    /// Who overwrites needs no room for another one.
    private static Optional<Amounts.Excess> excess(Handle h, Draft draft, Amounts normal) {
        boolean counted =
                h.createQuery(COUNTED)
                        .bind("team", draft.team().value())
                        .bind("name", draft.name())
                        .mapTo(Boolean.class)
                        .one();
        if (counted) return Optional.empty();
        return TeamAmounts.excess(h, draft.team().value(), Amounts.ONE_SNAPSHOT, normal);
    }

    /// Who overwrites at the same moment as another one waits for it, fails at its name, and takes
    /// its place when trying again.
    @Override
    public Published publish(TemplateId id, HostSnapshot made, boolean overwrite, Actor by) {
        for (int attempt = 1; ; attempt++) {
            try {
                return db.inTransaction(h -> publish(h, id, made, overwrite, by));
            } catch (StoreException e) {
                if (e.violates(NAME_RESERVED)) return new Published.Reserved();
                if (!e.violates(NAME_TAKEN)) throw e;
                if (!overwrite || attempt == MOST_ATTEMPTS) return new Published.Taken();
            }
        }
    }

    /// Makes a draft usable in the place of the one that has its name, within a transaction.
    ///
    /// @return false when the draft is not there any more
    static boolean replace(Handle h, TemplateId id, HostSnapshot made) {
        if (!locked(h, id)) return false;
        doomed(h, id);
        usable(h, id, made);
        return true;
    }

    private static Published publish(
            Handle h, TemplateId id, HostSnapshot made, boolean overwrite, Actor by) {
        if (!locked(h, id)) return new Published.Gone();
        Optional<Draft> replaced = overwrite ? doomed(h, id) : Optional.empty();
        var template = usable(h, id, made);
        AuditRows.write(h, Audit.snapshotCreated(template.team(), by, template.name()));
        return new Published.Done(template, replaced);
    }

    private static boolean locked(Handle h, TemplateId id) {
        return h.createQuery(LOCK).bind("id", id.value()).mapTo(UUID.class).findOne().isPresent();
    }

    /// Takes the name from who has it.
    private static Optional<Draft> doomed(Handle h, TemplateId id) {
        return h.createQuery(REPLACE).bind("id", id.value()).map(PgSnapshotStore::draft).findOne();
    }

    private static Template usable(Handle h, TemplateId id, HostSnapshot made) {
        return h.createQuery(PUBLISH)
                .bind("id", id.value())
                .bind("size", made.sizeBytes())
                .bind("vcpus", made.vcpus())
                .bind("memory", made.memory().mib())
                .bind("metadata", Json.write(made.metadata()))
                .map(PgTemplateStore::row)
                .one();
    }

    @Override
    public void discard(TemplateId id) {
        db.with(h -> h.createUpdate(DISCARD).bind("id", id.value()).execute());
    }

    @Override
    public Optional<Draft> delete(TeamId team, String name, Actor by) {
        return db.inTransaction(h -> {
            var doomed =
                    h.createQuery(DELETE)
                            .bind("team", team.value())
                            .bind("name", name)
                            .map(PgSnapshotStore::draft)
                            .findOne();
            if (doomed.isPresent()) AuditRows.write(h, Audit.snapshotDeleted(team, by, name));
            return doomed;
        });
    }

    @Override
    public void renew(Set<TemplateId> drafts, Duration lease) {
        var ids = drafts.stream().map(TemplateId::value).toArray(UUID[]::new);
        db.with(h ->
                h.createUpdate(RENEW).bind("ids", ids).bind("lease", seconds(lease)).execute());
    }

    @Override
    public void discardAbandoned() {
        db.with(h -> h.createUpdate(DISCARD_ABANDONED).execute());
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1000.0;
    }

    @Override
    public List<Draft> doomed(int limit) {
        return db.with(
                h -> h.createQuery(DOOMED).bind("limit", limit).map(PgSnapshotStore::draft).list());
    }

    @Override
    public void forget(TemplateId id) {
        db.with(h -> h.createUpdate(FORGET).bind("id", id.value()).execute());
    }

    private static Draft draft(ResultSet rs, StatementContext context) throws SQLException {
        return new Draft(
                new TemplateId(rs.getObject("id", UUID.class)),
                new TeamId(rs.getObject("team_id", UUID.class)),
                rs.getString("name"),
                Optional.ofNullable(rs.getObject("host_id", UUID.class)).map(HostId::new));
    }
}
