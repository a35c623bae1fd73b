package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.teams.Member;
import dev.wrenn.control.domain.teams.Membership;
import dev.wrenn.control.domain.teams.Team;
import dev.wrenn.control.domain.teams.TeamStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Teams in PostgreSQL. What changes a team or its members locks the team's row first, so that two
/// changes at once are two changes one after the other.
public final class PgTeamStore implements TeamStore {
    /// Index team_members_by_user.
    private static final String OF_USER =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      , m.role
                      from team_members m
                      join teams t on t.id = m.team_id and t.deleted_at is null
                     where m.user_id = :user
                     order by m.joined_at, t.id
                    """;

    private static final String FIND =
            "select "
                    + TeamRows.COLUMNS
                    + " from teams t where t.id = :team and t.deleted_at is null";

    private static final String LOCK = FIND + " for update";

    private static final String MEMBER =
            """
            select u.id, u.name, u.email, m.role, m.joined_at
              from team_members m join users u on u.id = m.user_id
             where m.team_id = :team
            """;

    private static final String MEMBERS = MEMBER + " order by m.joined_at, u.id";

    private static final String ONE_MEMBER = MEMBER + " and m.user_id = :user";

    private static final String RENAME = "update teams set name = :name where id = :team";

    /// An account that is being switched off or deleted is waited for.
    private static final String ACTIVE =
            "select id from users where email = :email and status = 'active' for share";

    private static final String JOIN =
            """
            insert into team_members (team_id, user_id, role) values (:team, :user, 'member')
            on conflict on constraint team_members_key do nothing
            """;

    private static final String SET_ROLE =
            "update team_members set role = :role where team_id = :team and user_id = :user";

    private static final String REMOVE_KEYS =
            "delete from api_keys where team_id = :team and created_by = :user";

    private static final String REMOVE =
            "delete from team_members where team_id = :team and user_id = :user";

    /// Index users_email_prefix.
    private static final String SEARCH =
            """
            select id, email from users
             where email like :prefix escape '\\' and status = 'active'
             order by email limit :limit
            """;

    private final Database db;
    private final RandomGenerator random;

    /// @param random of the slugs of new teams
    public PgTeamStore(Database db, RandomGenerator random) {
        this.db = db;
        this.random = random;
    }

    @Override
    public List<Membership> of(UserId user) {
        return db.with(h ->
                h.createQuery(OF_USER)
                        .bind("user", user.value())
                        .map((rs, _) -> TeamRows.membership(rs))
                        .list());
    }

    @Override
    public Optional<Team> find(TeamId team) {
        return db.with(h -> one(h, FIND, team));
    }

    private static Optional<Team> one(Handle h, String sql, TeamId team) {
        return h.createQuery(sql)
                .bind("team", team.value())
                .map((rs, _) -> TeamRows.team(rs))
                .findOne();
    }

    @Override
    public List<Member> members(TeamId team) {
        return db.with(h ->
                h.createQuery(MEMBERS)
                        .bind("team", team.value())
                        .map((rs, _) -> member(rs))
                        .list());
    }

    @Override
    public Team create(String name, UserId owner, Actor by) {
        return db.inTransaction(h -> {
            var team = TeamRows.insert(h, name, owner, false, random);
            AuditRows.write(h, Audit.teamCreated(team.id(), by, name));
            return team;
        });
    }

    @Override
    public boolean rename(TeamId team, String name, Actor by) {
        return db.inTransaction(h -> {
            var before = one(h, LOCK, team);
            if (before.isEmpty()) return false;
            h.createUpdate(RENAME).bind("team", team.value()).bind("name", name).execute();
            AuditRows.write(h, Audit.teamRenamed(team, by, before.get().name(), name));
            return true;
        });
    }

    @Override
    public boolean delete(TeamId team, Actor by) {
        return db.inTransaction(h -> {
            var before = one(h, LOCK, team);
            if (before.isEmpty()) return false;
            TeamRows.delete(h, before.get(), by);
            return true;
        });
    }

    @Override
    public Added add(TeamId team, String email, Actor by) {
        return db.inTransaction(h -> {
            if (one(h, LOCK, team).isEmpty()) return new Added.NoAccount();
            var user = h.createQuery(ACTIVE).bind("email", email).mapTo(UUID.class).findOne();
            if (user.isEmpty()) return new Added.NoAccount();
            int rows =
                    h.createUpdate(JOIN)
                            .bind("team", team.value())
                            .bind("user", user.get())
                            .execute();
            if (rows == 0) return new Added.AlreadyMember();
            var id = new UserId(user.get());
            AuditRows.write(h, Audit.memberAdded(team, by, id, email, Role.MEMBER.wire()));
            return new Added.Done(member(h, team, id).orElseThrow());
        });
    }

    @Override
    public Change setRole(TeamId team, UserId user, Role role, Actor by) {
        return change(
                team,
                user,
                h -> {
                    role(h, team, user, role);
                    AuditRows.write(h, Audit.roleChanged(team, by, user, role.wire()));
                });
    }

    @Override
    public Change remove(TeamId team, UserId user, boolean left, Actor by) {
        return change(
                team,
                user,
                h -> {
                    for (var sql : List.of(REMOVE_KEYS, REMOVE))
                        h.createUpdate(sql)
                                .bind("team", team.value())
                                .bind("user", user.value())
                                .execute();
                    AuditRows.write(
                            h,
                            left
                                    ? Audit.memberLeft(team, by, user)
                                    : Audit.memberRemoved(team, by, user));
                });
    }

    /// What is done to a member that is not the owner.
    private interface Work {
        void on(Handle h);
    }

    private Change change(TeamId team, UserId user, Work work) {
        return db.inTransaction(h -> {
            if (one(h, LOCK, team).isEmpty()) return Change.NOT_FOUND;
            var member = member(h, team, user);
            if (member.isEmpty()) return Change.NOT_FOUND;
            if (member.get().role() == Role.OWNER) return Change.OWNER;
            work.on(h);
            return Change.DONE;
        });
    }

    @Override
    public Change transfer(TeamId team, UserId from, UserId to, Actor by) {
        return db.inTransaction(h -> {
            if (one(h, LOCK, team).isEmpty()) return Change.NOT_FOUND;
            var owner = member(h, team, from).filter(m -> m.role() == Role.OWNER);
            if (owner.isEmpty() || member(h, team, to).isEmpty()) return Change.NOT_FOUND;
            if (from.equals(to)) return Change.OWNER;
            role(h, team, from, Role.ADMIN);
            role(h, team, to, Role.OWNER);
            AuditRows.write(h, Audit.roleChanged(team, by, to, Role.OWNER.wire()));
            AuditRows.write(h, Audit.roleChanged(team, by, from, Role.ADMIN.wire()));
            return Change.DONE;
        });
    }

    private static void role(Handle h, TeamId team, UserId user, Role role) {
        h.createUpdate(SET_ROLE)
                .bind("team", team.value())
                .bind("user", user.value())
                .bind("role", role.wire())
                .execute();
    }

    private static Optional<Member> member(Handle h, TeamId team, UserId user) {
        return h.createQuery(ONE_MEMBER)
                .bind("team", team.value())
                .bind("user", user.value())
                .map((rs, _) -> member(rs))
                .findOne();
    }

    private static Member member(ResultSet rs) throws SQLException {
        return new Member(
                new UserId(rs.getObject("id", UUID.class)),
                rs.getString("name"),
                rs.getString("email"),
                Role.ofWire(rs.getString("role")).orElseThrow(),
                rs.getObject("joined_at", OffsetDateTime.class).toInstant());
    }

    @Override
    public List<Candidate> search(String prefix, int limit) {
        var pattern = prefix.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%";
        return db.with(h ->
                h.createQuery(SEARCH)
                        .bind("prefix", pattern)
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new Candidate(
                                        new UserId(rs.getObject("id", UUID.class)),
                                        rs.getString("email")))
                        .list());
    }

    @Override
    public Usage usage(TeamId team, Amounts normal) {
        return db.with(h ->
                new Usage(
                        TeamAmounts.used(h, team.value()),
                        TeamAmounts.limit(h, team.value(), normal)));
    }
}
