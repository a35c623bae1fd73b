package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.capsules.Admission;
import dev.wrenn.control.domain.capsules.CapsuleAudit;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.NewCapsule;
import dev.wrenn.control.domain.capsules.Step;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.teams.Amounts;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;

/// Capsules in PostgreSQL.
public final class PgCapsuleStore implements CapsuleStore {
    private static final CapsuleRows ROWS = new CapsuleRows();

    private static final String NEW =
            """
            insert into capsules (id, team_id, created_by, template_team_id, template_id,
                template_name, host_id, status, vcpus, memory_mb, disk_mb, timeout_sec,
                incarnation, version, created_at, updated_at, asked_by_type, asked_by_id,
                asked_by_name, port_access, port_resume)
            select :id, :team, :createdBy, :templateTeam, :template, :templateName, :host,
                   'pending', :vcpus, :memory, :disk, :timeout, 1, 1,
                   clock_timestamp(), clock_timestamp(), :byType, :byId, :byName,
                   :portAccess, :portResume
            """;

    private static final String INSERT = AuditRows.told(NEW + "returning\n" + CapsuleRows.COLUMNS);

    private static final String INSERT_IF_ROOM =
            AuditRows.told(NEW + CapsuleRoom.IF_ROOM + "returning\n" + CapsuleRows.COLUMNS);

    /// Index capsules_alive_by_team.
    private static final String ALIVE =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsules
                     where team_id = :team and status not in ('stopped', 'error')
                     order by created_at desc, id desc
                    """;

    /// Index capsules_alive_by_team.
    private static final String PAGE =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsules
                     where team_id = :team and status not in ('stopped', 'error')
                       and (cast(:before as uuid) is null
                            or (created_at, id) < (select created_at, id from capsules
                                                    where id = :before and team_id = :team))
                     order by created_at desc, id desc limit :limit
                    """;

    /// Index capsules_alive_by_host.
    private static final String ALIVE_ON =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsules
                     where host_id = :host and status not in ('stopped', 'error')
                    """;

    /// Index capsules_alive_by_host. Each change of a row makes its version another one.
    private static final String MARK =
            """
            select count(*) as count, coalesce(bit_xor(uuid_hash_extended(id, version)), 0) as sum
              from capsules
             where host_id = :host and status not in ('stopped', 'error')
            """;

    private static final String BY_IDS =
            "select " + CapsuleRows.COLUMNS + " from capsules where id = any(:ids)";

    /// Index capsules_unsettled.
    private static final String UNSETTLED =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsules
                     where (status in ('pending', 'starting') or phase = 'pausing')
                       and updated_at <= clock_timestamp() - make_interval(secs => :age)
                     order by updated_at limit :limit
                    """;

    /// Index capsules_alive_by_host.
    private static final String STRANDED =
            "select "
                    + CapsuleRows.COLUMNS
                    + """
                      from capsules
                     where host_id in (select id from hosts where status = 'unreachable')
                       and status in ('pending', 'starting', 'running')
                     limit :limit
                    """;

    private static final String ADVANCE =
            """
            update capsules set status = :status, phase = :phase, cause = :cause,
                   incarnation = :incarnation, version = version + 1,
                   host_ip = :hostIp, guest_ip = :guestIp, metadata = :metadata::jsonb,
                   started_at = :startedAt, asked_by_type = :byType, asked_by_id = :byId,
                   asked_by_name = :byName,
                   last_active_at = greatest(last_active_at, :lastActiveAt),
                   updated_at = clock_timestamp()
             where id = :id and version = :seen
            returning
            """
                    + CapsuleRows.COLUMNS;

    private static final String ADVANCE_TELLING = AuditRows.told(ADVANCE);

    private static final String MOVE =
            """
            update capsules set host_id = :host, incarnation = incarnation + 1,
                   version = version + 1, updated_at = clock_timestamp()
             where id = :id and version = :seen and status = 'pending'
            returning
            """
                    + CapsuleRows.COLUMNS;

    private static final String REHOST =
            """
            update capsules set host_id = :host
             where id = :id and version = :seen and status = 'paused'
               and exists (select 1 from capsule_images
                            where capsule_id = :id and state = 'published')
            """;

    private static final String TOUCH =
            """
            update capsules set last_active_at = greatest(last_active_at, :active) where id = :id
            """;

    private final Database db;
    private final Gathered<CapsuleId, CapsuleRow> single;

    public PgCapsuleStore(Database db) {
        this.db = db;
        this.single = new Gathered<>(this::rows);
    }

    private Map<CapsuleId, CapsuleRow> rows(Collection<CapsuleId> ids) {
        var rows = new HashMap<CapsuleId, CapsuleRow>();
        for (var row : byIds(ids)) rows.put(row.id(), row);
        return rows;
    }

    /// Mostly there is room, and then this is one question: everybody else of the team waits from
    /// the moment that it is held until the end, so not for our answers on their way as well. Why
    /// there is none is found out after that.
    @Override
    public Admission insert(NewCapsule capsule, Amounts normal) {
        var row =
                db.with(h -> {
                    var query = bind(h.createQuery(INSERT_IF_ROOM), capsule);
                    return CapsuleRoom.bind(query, capsule.capacity(), normal).map(ROWS).findOne();
                });
        return row.<Admission>map(Admission.In::new)
                .orElseGet(() -> insertInSteps(capsule, normal));
    }

    private Admission insertInSteps(NewCapsule capsule, Amounts normal) {
        var team = capsule.team().value();
        var spec = capsule.spec();
        var more = Amounts.ofNew(spec.vcpus(), spec.memory().mib(), spec.disk().mib());
        return db.inTransaction(h -> {
            var room = CapsuleRoom.lock(h, team, capsule.host().value(), normal);
            if (room.isEmpty()) return new Admission.Lost();
            var excess = room.get().uses().with(more, room.get().limit());
            if (excess.isPresent()) return new Admission.Full(excess.get());
            var reserved = room.get().reserved();
            if (reserved.filter(r -> capsule.capacity().fits(r, spec)).isEmpty())
                return new Admission.NoRoom();
            return new Admission.In(bind(h.createQuery(INSERT), capsule).map(ROWS).one());
        });
    }

    private static Query bind(Query query, NewCapsule capsule) {
        var spec = capsule.spec();
        return AuditRows.bind(query, CapsuleAudit.created(capsule))
                .bind("id", capsule.id().value())
                .bind("team", capsule.team().value())
                .bind("createdBy", capsule.createdBy().value())
                .bind("templateTeam", capsule.template().team().value())
                .bind("template", capsule.template().id().value())
                .bind("templateName", capsule.template().name())
                .bind("host", capsule.host().value())
                .bind("vcpus", spec.vcpus())
                .bind("memory", spec.memory().mib())
                .bind("disk", spec.disk().mib())
                .bind("timeout", spec.idleTimeout().toSeconds())
                .bind("byType", capsule.by().kind().wire())
                .bind("byId", capsule.by().id().orElse(null))
                .bind("byName", capsule.by().name().orElse(null))
                .bind("portAccess", capsule.ports().access().wire())
                .bind("portResume", capsule.ports().autoResume());
    }

    @Override
    public Optional<CapsuleRow> move(CapsuleRow seen, HostId to, Capacity capacity) {
        return db.inTransaction(h -> {
            HostRoom.lockBoth(h, seen.host(), to);
            if (!HostRoom.lock(h, to, capacity, seen.spec())) return Optional.empty();
            return h.createQuery(MOVE)
                    .bind("id", seen.id().value())
                    .bind("seen", seen.version())
                    .bind("host", to.value())
                    .map(ROWS)
                    .findOne();
        });
    }

    @Override
    public Optional<CapsuleRow> find(CapsuleId id) {
        return single.get(id);
    }

    @Override
    public Optional<CapsuleRow> find(TeamId team, CapsuleId id) {
        return find(id).filter(row -> row.team().equals(team));
    }

    @Override
    public List<CapsuleRow> alive(TeamId team) {
        return db.with(h -> h.createQuery(ALIVE).bind("team", team.value()).map(ROWS).list());
    }

    @Override
    public List<CapsuleRow> alive(TeamId team, Optional<CapsuleId> before, int limit) {
        return db.with(h ->
                h.createQuery(PAGE)
                        .bind("team", team.value())
                        .bind("before", before.map(CapsuleId::value).orElse(null))
                        .bind("limit", limit)
                        .map(ROWS)
                        .list());
    }

    @Override
    public List<CapsuleRow> aliveOn(HostId host) {
        return db.with(h -> h.createQuery(ALIVE_ON).bind("host", host.value()).map(ROWS).list());
    }

    @Override
    public Mark markOf(HostId host) {
        return db.with(h ->
                h.createQuery(MARK)
                        .bind("host", host.value())
                        .map((rs, _) -> new Mark(rs.getLong("count"), rs.getLong("sum")))
                        .one());
    }

    @Override
    public List<CapsuleRow> byIds(Collection<CapsuleId> ids) {
        if (ids.isEmpty()) return List.of();
        var values = ids.stream().map(CapsuleId::value).toArray(UUID[]::new);
        return db.with(h -> h.createQuery(BY_IDS).bind("ids", values).map(ROWS).list());
    }

    @Override
    public List<CapsuleRow> unsettled(Duration age, int limit) {
        return db.with(h ->
                h.createQuery(UNSETTLED)
                        .bind("age", age.toMillis() / 1000.0)
                        .bind("limit", limit)
                        .map(ROWS)
                        .list());
    }

    @Override
    public List<CapsuleRow> stranded(int limit) {
        return db.with(h -> h.createQuery(STRANDED).bind("limit", limit).map(ROWS).list());
    }

    @Override
    public Optional<CapsuleRow> advance(CapsuleRow seen, Step step) {
        if (step.entry().isEmpty()) return db.with(h -> advance(h, seen, step));
        var entry = step.entry().get();
        return db.with(h ->
                bind(AuditRows.bind(h.createQuery(ADVANCE_TELLING), entry), seen, step)
                        .map(ROWS)
                        .findOne());
    }

    @Override
    public Admission resume(CapsuleRow seen, Step step, Amounts normal) {
        var team = seen.team().value();
        var more = Amounts.ofResumed(seen.spec().vcpus(), seen.spec().memory().mib());
        return db.inTransaction(h -> {
            if (!TeamAmounts.lock(h, team)) return new Admission.Lost();
            var excess = TeamAmounts.excess(h, team, more, normal);
            if (excess.isPresent()) return new Admission.Full(excess.get());
            var row = advance(h, seen, step);
            step.entry().filter(_ -> row.isPresent()).ifPresent(e -> AuditRows.write(h, e));
            return row.<Admission>map(Admission.In::new).orElseGet(Admission.Lost::new);
        });
    }

    @Override
    public Admission resumeOn(
            CapsuleRow seen, Step step, HostId to, Capacity capacity, Amounts normal) {
        var team = seen.team().value();
        var more = Amounts.ofResumed(seen.spec().vcpus(), seen.spec().memory().mib());
        return db.inTransaction(h -> {
            if (!TeamAmounts.lock(h, team)) return new Admission.Lost();
            var excess = TeamAmounts.excess(h, team, more, normal);
            if (excess.isPresent()) return new Admission.Full(excess.get());
            HostRoom.lockBoth(h, seen.host(), to);
            if (!HostRoom.lock(h, to, capacity, seen.spec())) return new Admission.NoRoom();
            int moved =
                    h.createUpdate(REHOST)
                            .bind("id", seen.id().value())
                            .bind("seen", seen.version())
                            .bind("host", to.value())
                            .execute();
            if (moved == 0) return new Admission.Lost();
            var row = advance(h, seen, step);
            step.entry().ifPresent(e -> AuditRows.write(h, e));
            return new Admission.In(row.orElseThrow());
        });
    }

    private static Optional<CapsuleRow> advance(Handle h, CapsuleRow seen, Step step) {
        return bind(h.createQuery(ADVANCE), seen, step).map(ROWS).findOne();
    }

    private static Query bind(Query query, CapsuleRow seen, Step step) {
        var to = step.to();
        var facts = step.facts();
        return query.bind("id", seen.id().value())
                .bind("seen", seen.version())
                .bind("status", to.status().wire())
                .bind("phase", CapsuleRows.phase(to))
                .bind("incarnation", step.incarnation())
                .bind("cause", to.endCause().orElse(null))
                .bind("hostIp", facts.hostIp().orElse(null))
                .bind("guestIp", facts.guestIp().orElse(null))
                .bind("metadata", Json.write(facts.metadata()))
                .bind("startedAt", facts.startedAt().orElse(null))
                .bind("lastActiveAt", facts.lastActiveAt().orElse(null))
                .bind("byType", step.askedBy().kind().wire())
                .bind("byId", step.askedBy().id().orElse(null))
                .bind("byName", step.askedBy().name().orElse(null));
    }

    @Override
    public void touch(CapsuleId id, Instant active) {
        db.with(h -> h.createUpdate(TOUCH).bind("id", id.value()).bind("active", active).execute());
    }

    @Override
    public Instant now() {
        return db.with(h -> h.createQuery("select clock_timestamp()").mapTo(Instant.class).one());
    }
}
