package dev.wrenn.control.store;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.identity.ApiKeyStore;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.KeyScope;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/// API keys in PostgreSQL.
public final class PgApiKeyStore implements ApiKeyStore {
    /// A key dies with its team, with its creator, and when the creator leaves the team.
    private static final String LIVE =
            """
            select k.id, k.team_id, k.created_by, k.key_hash, k.name as key_name, k.scope,
                   m.role, u.name as user_name, u.is_admin
              from api_keys k
              join teams t on t.id = k.team_id and t.deleted_at is null
              join users u on u.id = k.created_by and u.status = 'active'
              join team_members m on m.team_id = k.team_id and m.user_id = k.created_by
             where (k.expires_at is null or k.expires_at > now())
            """;

    /// Index api_keys_hash_unique.
    private static final String BY_HASH = LIVE + " and k.key_hash = :hash";

    private static final String BY_ID = LIVE + " and k.id = :id";

    private static final String TOUCH = "update api_keys set last_used = now() where id = :id";

    private final Database db;

    public PgApiKeyStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<Key> byHash(String hash) {
        return db.with(h ->
                h.createQuery(BY_HASH)
                        .bind("hash", hash)
                        .map((rs, _) -> new Key(rs.getString("key_hash"), principal(rs)))
                        .findOne());
    }

    @Override
    public Optional<Principal> byId(ApiKeyId id) {
        return db.with(h ->
                h.createQuery(BY_ID)
                        .bind("id", id.value())
                        .map((rs, _) -> principal(rs))
                        .findOne());
    }

    private static Principal principal(ResultSet rs) throws SQLException {
        return new Principal(
                new TeamId(rs.getObject("team_id", UUID.class)),
                Role.ofWire(rs.getString("role")),
                new UserId(rs.getObject("created_by", UUID.class)),
                rs.getString("user_name"),
                rs.getBoolean("is_admin"),
                new Credential.Key(
                        new ApiKeyId(rs.getObject("id", UUID.class)),
                        rs.getString("key_name"),
                        KeyScope.ofWire(rs.getString("scope")).orElseThrow()));
    }

    @Override
    public void touch(ApiKeyId id) {
        db.with(h -> h.createUpdate(TOUCH).bind("id", id.value()).execute());
    }
}
