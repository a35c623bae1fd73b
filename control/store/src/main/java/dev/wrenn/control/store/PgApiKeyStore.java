package dev.wrenn.control.store;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.identity.ApiKeyStore;
import dev.wrenn.control.domain.identity.Principal;
import java.util.Optional;
import java.util.UUID;

/// API keys in PostgreSQL.
public final class PgApiKeyStore implements ApiKeyStore {
    /// Index api_keys_hash_unique. A key dies with its team, with its creator, and when the creator
    /// leaves the team.
    private static final String BY_HASH =
            """
            select k.id, k.team_id, k.created_by, k.key_hash
              from api_keys k
              join teams t on t.id = k.team_id and t.deleted_at is null
              join users u on u.id = k.created_by and u.status = 'active'
              join team_members m on m.team_id = k.team_id and m.user_id = k.created_by
             where k.key_hash = :hash
            """;

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
                        .map((rs, _) ->
                                new Key(
                                        rs.getString("key_hash"),
                                        new Principal(
                                                new TeamId(rs.getObject("team_id", UUID.class)),
                                                new UserId(rs.getObject("created_by", UUID.class)),
                                                new ApiKeyId(rs.getObject("id", UUID.class)))))
                        .findOne());
    }

    @Override
    public void touch(ApiKeyId id) {
        db.with(h -> h.createUpdate(TOUCH).bind("id", id.value()).execute());
    }
}
