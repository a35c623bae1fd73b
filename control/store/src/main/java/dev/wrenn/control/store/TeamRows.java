package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.teams.Membership;
import dev.wrenn.control.domain.teams.Team;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Rows of teams and their members, within somebody's transaction.
final class TeamRows {
    static final String COLUMNS = "t.id, t.name, t.slug, t.is_byoc, t.created_at";

    private static final String INSERT =
            """
            insert into teams as t (id, name, slug) values (:id, :name, :slug)
            returning
            """
                    + COLUMNS;

    private static final String OWNER =
            """
            insert into team_members (team_id, user_id, role, is_default)
            values (:team, :user, 'owner', :home)
            """;

    /// Index team_members_by_user.
    private static final String HOME =
            "select "
                    + COLUMNS
                    + """
                      , m.role
                      from team_members m
                      join teams t on t.id = m.team_id and t.deleted_at is null
                     where m.user_id = :user
                     order by m.is_default desc, m.joined_at, t.id limit 1
                    """;

    private static final String NO_DEFAULT =
            "update team_members set is_default = false where user_id = :user and is_default";

    private static final String DELETE =
            "update teams set deleted_at = clock_timestamp() where id = :team";

    private static final String DELETE_CHANNELS = "delete from channels where team_id = :team";

    private static final String DELETE_KEYS = "delete from api_keys where team_id = :team";

    private TeamRows() {}

    /// The live team that a user begins in.
    static Optional<Membership> home(Handle h, UserId user) {
        return h.createQuery(HOME)
                .bind("user", user.value())
                .map((rs, _) -> membership(rs))
                .findOne();
    }

    /// The default team is gone; another one may take its place.
    static void noDefault(Handle h, UserId user) {
        h.createUpdate(NO_DEFAULT).bind("user", user.value()).execute();
    }

    /// Deletes a locked team: it is gone for everybody at once, what it has is removed later.
    static void delete(Handle h, Team team, Actor by) {
        for (var sql : List.of(DELETE_KEYS, DELETE_CHANNELS, DELETE))
            h.createUpdate(sql).bind("team", team.id().value()).execute();
        AuditRows.write(h, Audit.teamDeleted(team.id(), by, team.name()));
    }

    static Team team(ResultSet rs) throws SQLException {
        return new Team(
                new TeamId(rs.getObject("id", UUID.class)),
                rs.getString("name"),
                rs.getString("slug"),
                rs.getBoolean("is_byoc"),
                rs.getObject("created_at", OffsetDateTime.class).toInstant());
    }

    static Membership membership(ResultSet rs) throws SQLException {
        return new Membership(team(rs), Role.ofWire(rs.getString("role")).orElseThrow());
    }

    /// A new team that this user owns.
    ///
    /// @param home whether it is the one that the user begins in
    static Team insert(Handle h, String name, UserId owner, boolean home, RandomGenerator random) {
        var team =
                h.createQuery(INSERT)
                        .bind("id", UUID.randomUUID())
                        .bind("name", name)
                        .bind("slug", slug(random))
                        .map((rs, _) -> team(rs))
                        .one();
        h.createUpdate(OWNER)
                .bind("team", team.id().value())
                .bind("user", owner.value())
                .bind("home", home)
                .execute();
        return team;
    }

    /// 12 random hexadecimal digits as `xxxxxx-yyyyyy`.
    static String slug(RandomGenerator random) {
        var bytes = new byte[6];
        random.nextBytes(bytes);
        var hex = HexFormat.of().formatHex(bytes);
        return hex.substring(0, 6) + "-" + hex.substring(6);
    }
}
