package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import dev.wrenn.control.domain.platform.PlatformStore;
import dev.wrenn.control.domain.platform.Quota;
import dev.wrenn.control.domain.teams.Team;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/// Every team and account, in PostgreSQL.
public final class PgPlatformStore implements PlatformStore {
    /// Index teams_by_age; what is counted is counted for one page.
    private static final String TEAMS =
            """
            select t.id, t.name, t.slug, t.is_byoc, t.created_at, t.deleted_at,
                   (select count(*) from team_members m where m.team_id = t.id) as members,
                   u.name as owner_name, u.email as owner_email,
                   (select count(*) from capsules c
                     where c.team_id = t.id and c.status not in ('stopped', 'error')) as capsules,
                   (select count(*) from channels c where c.team_id = t.id) as channels
              from (select * from teams where id <> '00000000-0000-0000-0000-000000000000'
                     order by (deleted_at is not null), created_at desc, id desc
                     limit :size offset :skip) t
              left join team_members o on o.team_id = t.id and o.role = 'owner'
              left join users u on u.id = o.user_id
             order by (t.deleted_at is not null), t.created_at desc, t.id desc
            """;

    private static final String COUNT_TEAMS =
            "select count(*) from teams where id <> '00000000-0000-0000-0000-000000000000'";

    /// Index users_by_age.
    private static final String USERS =
            """
            select u.id, u.email, u.name, u.password_hash, u.is_admin, u.status, u.created_at,
                   count(t.id) as joined, count(t.id) filter (where m.role = 'owner') as owned
              from (select * from users order by created_at desc, id desc
                     limit :size offset :skip) u
              left join team_members m on m.user_id = u.id
              left join teams t on t.id = m.team_id and t.deleted_at is null
             group by u.id, u.email, u.name, u.password_hash, u.is_admin, u.status, u.created_at
             order by u.created_at desc, u.id desc
            """;

    private static final String COUNT_USERS = "select count(*) from users";

    private static final String LOCK =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      from teams t
                     where t.id = :team and t.deleted_at is null
                       and t.id <> '00000000-0000-0000-0000-000000000000' for update
                    """;

    private static final String BYOC = "update teams set is_byoc = true where id = :team";

    private static final String QUOTA_OF =
            """
            select capsules, vcpus, memory_mb, disk_mb, snapshots
              from team_quotas where team_id = :team
            """;

    private static final String QUOTA =
            """
            insert into team_quotas (team_id, capsules, vcpus, memory_mb, disk_mb, snapshots)
            values (:team, :capsules, :vcpus, :memory, :disk, :snapshots)
            on conflict (team_id) do update
               set capsules = excluded.capsules, vcpus = excluded.vcpus,
                   memory_mb = excluded.memory_mb, disk_mb = excluded.disk_mb,
                   snapshots = excluded.snapshots
            """;

    private static final String OFF =
            "update users set status = 'disabled', disabled_at = clock_timestamp() where id = :id";

    private static final String ON =
            "update users set status = 'active', disabled_at = null where id = :id";

    private static final String END_SESSIONS = "delete from sessions where user_id = :id";

    private static final String DELETE_KEYS = "delete from api_keys where created_by = :id";

    private final Database db;

    public PgPlatformStore(Database db) {
        this.db = db;
    }

    @Override
    public Page<TeamLine> teams(int page, int size) {
        return db.with(h ->
                new Page<>(
                        h.createQuery(TEAMS)
                                .bind("size", size)
                                .bind("skip", skip(page, size))
                                .map(PgPlatformStore::teamLine)
                                .list(),
                        h.createQuery(COUNT_TEAMS).mapTo(Long.class).one()));
    }

    private static long skip(int page, int size) {
        return (page - 1L) * size;
    }

    private static TeamLine teamLine(ResultSet rs, StatementContext context) throws SQLException {
        return new TeamLine(
                TeamRows.team(rs),
                Optional.ofNullable(CapsuleRows.instant(rs, "deleted_at")),
                rs.getInt("members"),
                Optional.ofNullable(rs.getString("owner_name")),
                Optional.ofNullable(rs.getString("owner_email")),
                rs.getLong("capsules"),
                rs.getLong("channels"));
    }

    @Override
    public Page<UserLine> users(int page, int size) {
        return db.with(h ->
                new Page<>(
                        h.createQuery(USERS)
                                .bind("size", size)
                                .bind("skip", skip(page, size))
                                .map(PgPlatformStore::userLine)
                                .list(),
                        h.createQuery(COUNT_USERS).mapTo(Long.class).one()));
    }

    private static UserLine userLine(ResultSet rs, StatementContext context) throws SQLException {
        var account = AccountRows.account(rs);
        return new UserLine(
                account.id(),
                account.email(),
                account.name(),
                account.platformAdmin(),
                account.status(),
                account.createdAt(),
                rs.getInt("joined"),
                rs.getInt("owned"));
    }

    private static Optional<Team> lock(Handle h, TeamId team) {
        return h.createQuery(LOCK)
                .bind("team", team.value())
                .map((rs, _) -> TeamRows.team(rs))
                .findOne();
    }

    @Override
    public boolean enableByoc(TeamId team, Actor by) {
        return db.inTransaction(h -> {
            var before = lock(h, team);
            if (before.isEmpty()) return false;
            if (before.get().byoc()) return true;
            h.createUpdate(BYOC).bind("team", team.value()).execute();
            var told = Map.of("enabled", "true");
            AuditRows.write(
                    h, Audit.platform(by, "team", "set_byoc", team.toString(), Tone.INFO, told));
            return true;
        });
    }

    @Override
    public boolean deleteTeam(TeamId team, Actor by) {
        return db.inTransaction(h -> {
            var before = lock(h, team);
            if (before.isEmpty()) return false;
            TeamRows.delete(h, before.get(), by);
            var told = Map.of("name", before.get().name());
            AuditRows.write(
                    h, Audit.platform(by, "team", "delete", team.toString(), Tone.WARNING, told));
            return true;
        });
    }

    @Override
    public Quota quota(TeamId team) {
        return db.with(h ->
                h.createQuery(QUOTA_OF)
                        .bind("team", team.value())
                        .map((rs, _) -> quota(rs))
                        .findOne()
                        .orElse(Quota.NORMAL));
    }

    private static Quota quota(ResultSet rs) throws SQLException {
        return new Quota(
                limit(rs, "capsules"),
                limit(rs, "vcpus"),
                limit(rs, "memory_mb"),
                limit(rs, "disk_mb"),
                limit(rs, "snapshots"));
    }

    private static Optional<Long> limit(ResultSet rs, String column) throws SQLException {
        long limit = rs.getLong(column);
        return rs.wasNull() ? Optional.empty() : Optional.of(limit);
    }

    @Override
    public boolean setQuota(TeamId team, Quota quota, Actor by) {
        return db.inTransaction(h -> {
            if (lock(h, team).isEmpty()) return false;
            h.createUpdate(QUOTA)
                    .bind("team", team.value())
                    .bind("capsules", quota.capsules().orElse(null))
                    .bind("vcpus", quota.vcpus().orElse(null))
                    .bind("memory", quota.memoryMb().orElse(null))
                    .bind("disk", quota.diskMb().orElse(null))
                    .bind("snapshots", quota.snapshots().orElse(null))
                    .execute();
            var told = Map.of("limits", quota.words());
            AuditRows.write(
                    h, Audit.platform(by, "team", "set_limits", team.toString(), Tone.INFO, told));
            return true;
        });
    }

    @Override
    public Switched setActive(UserId user, boolean active, Actor by) {
        return db.inTransaction(h -> {
            var account =
                    h.createQuery(AccountStatements.LOCK_BY_ID)
                            .bind("id", user.value())
                            .map((rs, _) -> AccountRows.account(rs))
                            .findOne()
                            .filter(a -> a.status() != Account.Status.DELETED);
            if (account.isEmpty()) return Switched.NOT_FOUND;
            var status = account.get().status();
            if (active && status == Account.Status.INACTIVE) return Switched.NEVER_ACTIVATED;
            if (active == (status == Account.Status.ACTIVE) && status != Account.Status.INACTIVE)
                return Switched.DONE;
            var statements = active ? List.of(ON) : List.of(OFF, END_SESSIONS, DELETE_KEYS);
            for (var sql : statements) h.createUpdate(sql).bind("id", user.value()).execute();
            AuditRows.write(
                    h,
                    Audit.platform(
                            by,
                            "user",
                            active ? "activate" : "deactivate",
                            user.toString(),
                            active ? Tone.SUCCESS : Tone.WARNING,
                            Map.of("email", account.get().email())));
            return Switched.DONE;
        });
    }
}
