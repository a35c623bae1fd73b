package dev.wrenn.control.store;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.identity.ApiKeys;
import dev.wrenn.control.domain.identity.KeyScope;
import dev.wrenn.control.domain.identity.Principal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// The keys of teams in PostgreSQL.
public final class PgKeyTable implements ApiKeys.KeyTable {
    /// A key made for a member who is being removed would outlive the membership.
    private static final String LOCK_MEMBER =
            """
            select m.user_id
              from team_members m join teams t on t.id = m.team_id and t.deleted_at is null
             where m.team_id = :team and m.user_id = :user
               for share of m, t
            """;

    private static final String COUNT = "select count(*) from api_keys where team_id = :team";

    private static final String INSERT =
            """
            insert into api_keys
                (id, team_id, created_by, name, key_hash, key_prefix, scope, expires_at)
            values (:id, :team, :user, :name, :hash, :prefix, :scope, :expires)
            """;

    private static final String SELECT =
            """
            select k.id, k.team_id, k.name, k.key_prefix, k.scope, k.created_by, u.email,
                   k.created_at, k.last_used, k.expires_at
              from api_keys k join users u on u.id = k.created_by
             where k.team_id = :team
            """;

    private static final String BY_ID = SELECT + " and k.id = :id";

    /// Index api_keys_by_team.
    private static final String LIST = SELECT + " order by k.created_at desc, k.id desc";

    private static final String DELETE =
            "delete from api_keys where team_id = :team and id = :id returning name";

    private final Database db;

    public PgKeyTable(Database db) {
        this.db = db;
    }

    @Override
    public Optional<ApiKeys.Shown> insert(ApiKeys.Fresh key, int limit, Principal by) {
        var team = key.team().value();
        return db.inTransaction(h -> {
            var member =
                    h.createQuery(LOCK_MEMBER)
                            .bind("team", team)
                            .bind("user", key.createdBy().value())
                            .mapTo(UUID.class)
                            .findOne();
            if (member.isEmpty()) return Optional.empty();
            if (h.createQuery(COUNT).bind("team", team).mapTo(Integer.class).one() >= limit)
                return Optional.empty();
            h.createUpdate(INSERT)
                    .bind("id", key.id().value())
                    .bind("team", team)
                    .bind("user", key.createdBy().value())
                    .bind("name", key.name())
                    .bind("hash", key.hash())
                    .bind("prefix", key.prefix())
                    .bind("scope", key.scope().wire())
                    .bind("expires", key.expiresAt().map(PgKeyTable::utc).orElse(null))
                    .execute();
            AuditRows.write(
                    h,
                    Audit.keyCreated(
                            key.team(), by.actor(), key.id(), key.name(), key.scope().wire()));
            return h.createQuery(BY_ID)
                    .bind("team", team)
                    .bind("id", key.id().value())
                    .map((rs, _) -> shown(rs))
                    .findOne();
        });
    }

    private static OffsetDateTime utc(Instant at) {
        return OffsetDateTime.ofInstant(at, ZoneOffset.UTC);
    }

    @Override
    public List<ApiKeys.Shown> of(TeamId team) {
        return db.with(h ->
                h.createQuery(LIST).bind("team", team.value()).map((rs, _) -> shown(rs)).list());
    }

    @Override
    public boolean delete(TeamId team, ApiKeyId id, Principal by) {
        return db.inTransaction(h -> {
            var name =
                    h.createQuery(DELETE)
                            .bind("team", team.value())
                            .bind("id", id.value())
                            .mapTo(String.class)
                            .findOne();
            name.ifPresent(n -> AuditRows.write(h, Audit.keyRevoked(team, by.actor(), id, n)));
            return name.isPresent();
        });
    }

    private static ApiKeys.Shown shown(ResultSet rs) throws SQLException {
        return new ApiKeys.Shown(
                new ApiKeyId(rs.getObject("id", UUID.class)),
                new TeamId(rs.getObject("team_id", UUID.class)),
                rs.getString("name"),
                rs.getString("key_prefix"),
                KeyScope.ofWire(rs.getString("scope")).orElseThrow(),
                new UserId(rs.getObject("created_by", UUID.class)),
                rs.getString("email"),
                rs.getObject("created_at", OffsetDateTime.class).toInstant(),
                instant(rs.getObject("last_used", OffsetDateTime.class)),
                instant(rs.getObject("expires_at", OffsetDateTime.class)));
    }

    private static Optional<Instant> instant(@Nullable OffsetDateTime time) {
        return Optional.ofNullable(time).map(OffsetDateTime::toInstant);
    }
}
