package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.fleet.FleetHost;
import dev.wrenn.control.domain.fleet.FleetStore;
import dev.wrenn.control.domain.fleet.HostAudit;
import dev.wrenn.control.domain.fleet.Machine;
import dev.wrenn.control.domain.fleet.NewHost;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/// The fleet in PostgreSQL.
public final class PgFleetStore implements FleetStore {
    private static final String INSERT =
            """
            insert into hosts (id, type, team_id, provider, availability_zone, status, created_by)
            select :id, :type, cast(:team as uuid), :provider, :zone, 'pending', :createdBy
             where cast(:team as uuid) is null
                or exists (select 1 from teams
                            where id = :team and is_byoc and deleted_at is null)
            """;

    /// Index hosts_by_team.
    private static final String BY_TEAM =
            HostRows.SELECT
                    + " where h.team_id = :team and h.deleted_at is null"
                    + " order by h.created_at, h.id";

    private static final String ALL =
            HostRows.SELECT + " where h.deleted_at is null order by h.created_at, h.id";

    private static final String VOID =
            "delete from host_tokens where host_id = :host and used_at is null";

    private static final String REGISTRATION =
            """
            insert into host_tokens (id, host_id, token_hash, created_by, expires_at)
            values (:id, :host, :hash, :by, clock_timestamp() + make_interval(secs => :life))
            """;

    private static final String LOCK_UNREGISTERED =
            """
            select id from hosts
             where id = :host and status in ('pending', 'unreachable') and deleted_at is null
               for update
            """;

    /// Of two at once the second finds it used.
    private static final String USE =
            """
            update host_tokens set used_at = clock_timestamp()
             where token_hash = :hash and used_at is null and expires_at > clock_timestamp()
            returning host_id
            """;

    private static final String REGISTER =
            """
            update hosts set status = 'online', arch = :arch, cpu_cores = :cores,
                   memory_mb = :memory, disk_gb = :disk, address = :address,
                   last_heartbeat_at = clock_timestamp(), last_heard_at = clock_timestamp(),
                   updated_at = clock_timestamp()
             where id = :host
            """;

    private static final String REVOKE_ALL =
            """
            update host_refresh_tokens set revoked_at = clock_timestamp()
             where host_id = :host and revoked_at is null
            """;

    private static final String REFRESH =
            """
            insert into host_refresh_tokens (id, host_id, token_hash, expires_at)
            values (:id, :host, :hash, clock_timestamp() + make_interval(secs => :life))
            """;

    private static final String SHOWN =
            """
            select id, host_id, revoked_at is not null as revoked,
                   revoked_at < clock_timestamp() - make_interval(secs => :grace) as reused,
                   expires_at <= clock_timestamp() as expired
              from host_refresh_tokens where token_hash = :hash for update
            """;

    /// An earlier answer to the same token that nobody used: it is lost.
    private static final String REVOKE_AFTER =
            """
            update host_refresh_tokens set revoked_at = clock_timestamp()
             where host_id = :host and revoked_at is null
               and created_at > (select created_at from host_refresh_tokens where id = :id)
            """;

    private static final String REVOKE_BEFORE =
            """
            update host_refresh_tokens set revoked_at = clock_timestamp()
             where host_id = :host and revoked_at is null
               and created_at < (select created_at from host_refresh_tokens where id = :id)
            """;

    private static final int NOTED_AT_ONCE = 32;

    private static final String CERTIFIED =
            "update hosts set certificate_ends_at = :ends where id = :host";

    private static final String BEAT =
            """
            update hosts h set last_heartbeat_at = clock_timestamp(),
                   last_heard_at = clock_timestamp(),
                   updated_at = case when coalesce(:address, h.address) = h.address
                       then h.updated_at else clock_timestamp() end,
                   address = coalesce(:address, h.address)
             where h.id = :host and h.deleted_at is null
               and exists (select 1 from host_refresh_tokens r
                            where r.id = :token and r.host_id = h.id and r.revoked_at is null)
            """;

    /// Comes back by being heard of. In order, as whoever locks several hosts does.
    private static final String BACK =
            """
            update hosts set status = 'online', updated_at = clock_timestamp()
             where id in (select id from hosts
                           where id = any(:hosts) and status = 'unreachable'
                             and deleted_at is null
                           order by id for no key update)
            returning id
            """;

    /// Leaves out hosts that somebody places on this moment: these are noted the next time.
    private static final String HEARD =
            """
            update hosts set last_heard_at = clock_timestamp()
             where id in (select id from hosts
                           where id = any(:hosts)
                             and last_heard_at < clock_timestamp() - make_interval(secs => :age)
                           order by id for no key update skip locked)
            """;

    private static final String SILENT =
            """
            update hosts set status = 'unreachable', updated_at = clock_timestamp()
             where id in (select id from hosts
                           where status = 'online' and deleted_at is null
                             and last_heard_at
                                 < clock_timestamp() - make_interval(secs => :silence)
                           order by id for no key update skip locked)
            returning id
            """;

    private static final String LOCK =
            "select id from hosts where id = :host and deleted_at is null for update";

    /// Index capsules_alive_by_host.
    private static final String CAPSULES =
            """
            select id from capsules
             where host_id = :host and status not in ('stopped', 'error') order by created_at, id
            """;

    private static final String TEMPLATES =
            """
            select name from templates
             where host_id = :host and state = 'ready' order by name, id
            """;

    /// Whatever else has them is seen to by the sweep of templates.
    private static final String DELETE_TEMPLATES =
            "update templates set state = 'deleting', host_id = null where host_id = :host";

    private static final String DELETE_TOKENS = "delete from host_tokens where host_id = :host";

    private static final String DELETE_REFRESH =
            "delete from host_refresh_tokens where host_id = :host";

    private static final String DELETE =
            """
            update hosts set deleted_at = clock_timestamp(), updated_at = clock_timestamp()
             where id = :host
            """;

    private static final String EXISTS =
            "select exists (select 1 from hosts where id = :host and deleted_at is null)";

    private static final String DRAIN =
            """
            update hosts set draining = :draining, updated_at = clock_timestamp()
             where id = :host and draining <> :draining and deleted_at is null
            """;

    private static final String TAG =
            "insert into host_tags (host_id, tag) values (:host, :tag) on conflict do nothing";

    private static final String UNTAG =
            "delete from host_tags where host_id = :host and tag = :tag";

    private record Shown(UUID id, HostId host, boolean revoked, boolean reused, boolean expired) {}

    private final Database db;

    public PgFleetStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<FleetHost> create(NewHost host, Token registration) {
        return db.inTransaction(h -> {
            int rows =
                    h.createUpdate(INSERT)
                            .bind("id", host.id().value())
                            .bind("type", host.type().wire())
                            .bind("team", host.team().map(TeamId::value).orElse(null))
                            .bind("provider", host.provider().orElse(null))
                            .bind("zone", host.zone().orElse(null))
                            .bind("createdBy", host.createdBy().value())
                            .execute();
            if (rows == 0) return Optional.empty();
            h.createUpdate(REGISTRATION)
                    .bind("id", registration.id())
                    .bind("host", host.id().value())
                    .bind("hash", registration.hash())
                    .bind("by", host.createdBy().value())
                    .bind("life", registration.life().toSeconds())
                    .execute();
            AuditRows.write(h, HostAudit.created(host.team(), host.by(), host.id(), host.type()));
            return HostRows.find(h, host.id());
        });
    }

    @Override
    public Optional<FleetHost> find(HostId id) {
        return db.with(h -> HostRows.find(h, id));
    }

    @Override
    public List<FleetHost> list(Optional<TeamId> team) {
        return db.with(h -> {
            var query =
                    team.isEmpty()
                            ? h.createQuery(ALL)
                            : h.createQuery(BY_TEAM).bind("team", team.get().value());
            return query.map(new HostRows()).list();
        });
    }

    @Override
    public boolean renewRegistration(HostId id, Token registration, Actor by) {
        return db.inTransaction(h -> {
            var locked =
                    h.createQuery(LOCK_UNREGISTERED).bind("host", id.value()).mapTo(UUID.class);
            if (locked.findOne().isEmpty()) return false;
            h.createUpdate(VOID).bind("host", id.value()).execute();
            h.createUpdate(REGISTRATION)
                    .bind("id", registration.id())
                    .bind("host", id.value())
                    .bind("hash", registration.hash())
                    .bindNull("by", java.sql.Types.OTHER)
                    .bind("life", registration.life().toSeconds())
                    .execute();
            audit(h, id, host -> HostAudit.tokenRenewed(host.team(), by, id));
            return true;
        });
    }

    @Override
    public Optional<FleetHost> redeem(String hash, Machine machine, Token refresh) {
        return db.inTransaction(h -> {
            var used = h.createQuery(USE).bind("hash", hash).mapTo(UUID.class).findOne();
            if (used.isEmpty()) return Optional.empty();
            var id = new HostId(used.get());
            h.createUpdate(REGISTER)
                    .bind("host", id.value())
                    .bind("arch", machine.arch())
                    .bind("cores", machine.cores())
                    .bind("memory", machine.memoryMb())
                    .bind("disk", machine.diskGb())
                    .bind("address", machine.address())
                    .execute();
            h.createUpdate(REVOKE_ALL).bind("host", id.value()).execute();
            insert(h, id, refresh);
            audit(h, id, host -> HostAudit.registered(host.team(), id, machine.address()));
            return HostRows.find(h, id);
        });
    }

    private static void insert(Handle h, HostId host, Token refresh) {
        h.createUpdate(REFRESH)
                .bind("id", refresh.id())
                .bind("host", host.value())
                .bind("hash", refresh.hash())
                .bind("life", refresh.life().toSeconds())
                .execute();
    }

    @Override
    public Optional<FleetHost> rotate(String hash, Token successor, Duration grace) {
        return db.inTransaction(h -> {
            var found =
                    h.createQuery(SHOWN)
                            .bind("hash", hash)
                            .bind("grace", grace.toMillis() / 1000.0)
                            .map((rs, _) ->
                                    new Shown(
                                            rs.getObject("id", UUID.class),
                                            new HostId(rs.getObject("host_id", UUID.class)),
                                            rs.getBoolean("revoked"),
                                            rs.getBoolean("reused"),
                                            rs.getBoolean("expired")))
                            .findOne();
            if (found.isEmpty()) return Optional.empty();
            var shown = found.get();
            if (shown.reused()) reused(h, shown.host());
            if (shown.revoked() || shown.expired()) return Optional.empty();
            h.createUpdate(REVOKE_AFTER)
                    .bind("host", shown.host().value())
                    .bind("id", shown.id())
                    .execute();
            insert(h, shown.host(), successor);
            return HostRows.find(h, shown.host());
        });
    }

    private static void reused(Handle h, HostId id) {
        if (h.createUpdate(REVOKE_ALL).bind("host", id.value()).execute() == 0) return;
        audit(h, id, host -> HostAudit.tokenReused(host.team(), id));
    }

    @Override
    public void certified(HostId id, Instant ends) {
        db.with(h ->
                h.createUpdate(CERTIFIED)
                        .bind("host", id.value())
                        .bind("ends", ends.atOffset(ZoneOffset.UTC))
                        .execute());
    }

    @Override
    public Beat heartbeat(HostId id, UUID refresh, Optional<String> address) {
        return db.inTransaction(h -> {
            int rows =
                    h.createUpdate(BEAT)
                            .bind("host", id.value())
                            .bind("token", refresh)
                            .bind("address", address.orElse(null))
                            .execute();
            if (rows == 0) return exists(h, id) ? Beat.REVOKED : Beat.GONE;
            h.createUpdate(REVOKE_BEFORE).bind("host", id.value()).bind("id", refresh).execute();
            back(h, new UUID[] {id.value()});
            return Beat.NOTED;
        });
    }

    private static void back(Handle h, UUID[] hosts) {
        for (var id : h.createQuery(BACK).bind("hosts", hosts).mapTo(UUID.class).list())
            audit(h, new HostId(id), host -> HostAudit.markedUp(host.team(), host.id()));
    }

    /// A few at a time: until it is stored nobody places anything on these hosts.
    @Override
    public void heard(Collection<HostId> hosts, Duration age) {
        var ids = hosts.stream().map(HostId::value).toList();
        for (int i = 0; i < ids.size(); i += NOTED_AT_ONCE) {
            var some = ids.subList(i, Math.min(ids.size(), i + NOTED_AT_ONCE));
            noteHeard(some.toArray(UUID[]::new), age);
        }
    }

    private void noteHeard(UUID[] hosts, Duration age) {
        db.inTransaction(h -> {
            int noted =
                    h.createUpdate(HEARD)
                            .bind("hosts", hosts)
                            .bind("age", age.toMillis() / 1000.0)
                            .execute();
            if (noted > 0) back(h, hosts);
            return noted;
        });
    }

    @Override
    public List<HostId> markSilent(Duration silence) {
        return db.inTransaction(h -> {
            var silent =
                    h.createQuery(SILENT)
                            .bind("silence", silence.toMillis() / 1000.0)
                            .mapTo(UUID.class)
                            .map(HostId::new)
                            .list();
            for (var id : silent)
                audit(h, id, host -> HostAudit.markedDown(host.team(), host.id()));
            return silent;
        });
    }

    private static boolean exists(Handle h, HostId id) {
        return h.createQuery(EXISTS).bind("host", id.value()).mapTo(Boolean.class).one();
    }

    @Override
    public Optional<FleetHost> drain(HostId id, boolean draining, Actor by) {
        return db.inTransaction(h -> {
            int rows =
                    h.createUpdate(DRAIN)
                            .bind("host", id.value())
                            .bind("draining", draining)
                            .execute();
            if (rows > 0) audit(h, id, host -> HostAudit.drained(host.team(), by, id, draining));
            return HostRows.find(h, id);
        });
    }

    @Override
    public Losses losses(HostId id) {
        return db.with(h -> losses(h, id));
    }

    private static Losses losses(Handle h, HostId id) {
        return new Losses(
                h.createQuery(CAPSULES)
                        .bind("host", id.value())
                        .mapTo(UUID.class)
                        .map(CapsuleId::new)
                        .list(),
                h.createQuery(TEMPLATES).bind("host", id.value()).mapTo(String.class).list());
    }

    @Override
    public Removal remove(HostId id, boolean templatesToo, Actor by) {
        return db.inTransaction(h -> {
            var locked = h.createQuery(LOCK).bind("host", id.value()).mapTo(UUID.class);
            if (locked.findOne().isEmpty()) return new Removal.NotFound();
            var losses = losses(h, id);
            if (!losses.capsules().isEmpty() || !(losses.none() || templatesToo))
                return new Removal.Kept(losses);
            audit(h, id, host -> HostAudit.deleted(host.team(), by, id, templatesToo));
            for (var statement : List.of(DELETE_TEMPLATES, DELETE_TOKENS, DELETE_REFRESH, DELETE))
                h.createUpdate(statement).bind("host", id.value()).execute();
            return new Removal.Done();
        });
    }

    @Override
    public boolean addTag(HostId id, String tag, Actor by) {
        return tag(id, tag, TAG, host -> HostAudit.tagged(host.team(), by, id, tag, true));
    }

    @Override
    public boolean removeTag(HostId id, String tag, Actor by) {
        return tag(id, tag, UNTAG, host -> HostAudit.tagged(host.team(), by, id, tag, false));
    }

    private boolean tag(
            HostId id, String tag, String statement, Function<FleetHost, AuditEntry> entry) {
        return db.inTransaction(h -> {
            if (!exists(h, id)) return false;
            int rows =
                    h.createUpdate(statement).bind("host", id.value()).bind("tag", tag).execute();
            if (rows > 0) audit(h, id, entry);
            return true;
        });
    }

    private static void audit(Handle h, HostId id, Function<FleetHost, AuditEntry> entry) {
        AuditRows.write(h, entry.apply(HostRows.find(h, id).orElseThrow()));
    }
}
