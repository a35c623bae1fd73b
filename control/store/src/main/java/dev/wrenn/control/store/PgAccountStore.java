package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.accounts.AccountStore;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.teams.Membership;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Accounts in PostgreSQL.
public final class PgAccountStore implements AccountStore {
    private static final String COLUMNS =
            "id, email, name, password_hash, status, is_admin, created_at";

    /// Index users_email_unique.
    private static final String BY_EMAIL = "select " + COLUMNS + " from users where email = :email";

    private static final String BY_ID = "select " + COLUMNS + " from users where id = :id";

    private static final String LOCK = "select id from users where id = :id for update";

    /// Index team_members_by_user.
    private static final String HOME =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      , m.role
                      from team_members m
                      join teams t on t.id = m.team_id and t.deleted_at is null
                     where m.user_id = :user
                     order by m.is_default desc, m.joined_at, t.id limit 1
                    """;

    private static final String NO_DEFAULT =
            "update team_members set is_default = false where user_id = :user and is_default";

    private static final String MEMBERSHIP =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      , m.role
                      from team_members m
                      join teams t on t.id = m.team_id and t.deleted_at is null
                     where m.user_id = :user and m.team_id = :team
                    """;

    private static final String TEAM_LIVES =
            "select exists (select 1 from teams where id = :team and deleted_at is null)";

    private final Database db;
    private final RandomGenerator random;

    /// @param random of the slugs of new teams
    public PgAccountStore(Database db, RandomGenerator random) {
        this.db = db;
        this.random = random;
    }

    static Account account(ResultSet rs) throws SQLException {
        return new Account(
                new UserId(rs.getObject("id", UUID.class)),
                rs.getString("email"),
                rs.getString("name"),
                Optional.ofNullable(rs.getString("password_hash")),
                Account.Status.ofWire(rs.getString("status")),
                rs.getBoolean("is_admin"),
                rs.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    @Override
    public Optional<Account> byEmail(String email) {
        return db.with(h ->
                h.createQuery(BY_EMAIL).bind("email", email).map((rs, _) -> account(rs)).findOne());
    }

    @Override
    public Optional<Account> byId(UserId id) {
        return db.with(h ->
                h.createQuery(BY_ID).bind("id", id.value()).map((rs, _) -> account(rs)).findOne());
    }

    @Override
    public Membership home(UserId user, String newTeamName) {
        var known = db.with(h -> home(h, user));
        if (known.isPresent()) return known.get();
        return db.inTransaction(h -> {
            h.createQuery(LOCK).bind("id", user.value()).mapTo(UUID.class).one();
            var meanwhile = home(h, user);
            if (meanwhile.isPresent()) return meanwhile.get();
            h.createUpdate(NO_DEFAULT).bind("user", user.value()).execute();
            var team = TeamRows.insert(h, newTeamName, user, true, random);
            return new Membership(team, Role.OWNER);
        });
    }

    private static Optional<Membership> home(Handle h, UserId user) {
        return h.createQuery(HOME)
                .bind("user", user.value())
                .map((rs, _) -> TeamRows.membership(rs))
                .findOne();
    }

    @Override
    public Optional<Membership> membership(UserId user, TeamId team) {
        return db.with(h ->
                h.createQuery(MEMBERSHIP)
                        .bind("user", user.value())
                        .bind("team", team.value())
                        .map((rs, _) -> TeamRows.membership(rs))
                        .findOne());
    }

    @Override
    public boolean teamLives(TeamId team) {
        return db.with(h ->
                h.createQuery(TEAM_LIVES).bind("team", team.value()).mapTo(Boolean.class).one());
    }
}
