package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.identity.SessionStore;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Sessions in PostgreSQL.
public final class PgSessionStore implements SessionStore {
    private static final String FIND =
            """
            select u.name, u.status, u.is_admin, m.role
              from sessions s
              join users u on u.id = s.user_id
              left join (team_members m
                         join teams t on t.id = m.team_id and t.deleted_at is null)
                on m.user_id = u.id and m.team_id = :team
             where s.id = :id and s.user_id = :user and s.expires_at > now()
            """;

    private static final String PROLONG =
            "update sessions set expires_at = greatest(expires_at, :expires) where id = :id";

    private static final String END = "delete from sessions where id = :id";

    /// Index sessions_by_expiry.
    private static final String REMOVE_EXPIRED = "delete from sessions where expires_at <= now()";

    private final Database db;

    public PgSessionStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<Found> find(UUID session, UserId user, TeamId team) {
        return db.with(h ->
                h.createQuery(FIND)
                        .bind("id", session)
                        .bind("user", user.value())
                        .bind("team", team.value())
                        .map((rs, _) -> {
                            var role = Optional.ofNullable(rs.getString("role"));
                            var principal =
                                    new Principal(
                                            team,
                                            role.flatMap(Role::ofWire),
                                            user,
                                            rs.getString("name"),
                                            rs.getBoolean("is_admin"),
                                            new Credential.Session(session));
                            return new Found(principal, rs.getString("status").equals("active"));
                        })
                        .findOne());
    }

    @Override
    public void prolong(UUID session, Instant expires) {
        db.with(h ->
                h.createUpdate(PROLONG).bind("id", session).bind("expires", expires).execute());
    }

    @Override
    public void end(UUID session) {
        db.with(h -> h.createUpdate(END).bind("id", session).execute());
    }

    @Override
    public void removeExpired() {
        db.with(h -> h.createUpdate(REMOVE_EXPIRED).execute());
    }
}
