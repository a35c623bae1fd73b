package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.cleanup.Remains;
import java.util.List;
import java.util.UUID;

/// What is still there of what ended with its team or owner, in PostgreSQL.
public final class PgRemains implements Remains {
    /// Indexes teams_deleted, users_disabled and capsules_alive_by_team.
    private static final String CAPSULES =
            """
            select c.team_id, c.id
              from teams t join capsules c on c.team_id = t.id
             where t.deleted_at is not null and c.status not in ('stopped', 'error')
            union all
            select c.team_id, c.id
              from users u join team_members m on m.user_id = u.id and m.role = 'owner'
              join capsules c on c.team_id = m.team_id
             where u.status = 'disabled' and c.created_at <= u.disabled_at
               and c.status not in ('stopped', 'error')
             limit :limit
            """;

    /// Indexes teams_deleted and templates_name_unique.
    private static final String TEMPLATES =
            """
            select p.team_id, p.name
              from teams t join templates p on p.team_id = t.id
             where t.deleted_at is not null and p.state = 'ready'
             limit :limit
            """;

    private final Database db;

    public PgRemains(Database db) {
        this.db = db;
    }

    @Override
    public List<OfCapsule> capsules(int limit) {
        return db.with(h ->
                h.createQuery(CAPSULES)
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new OfCapsule(
                                        new TeamId(rs.getObject("team_id", UUID.class)),
                                        new CapsuleId(rs.getObject("id", UUID.class))))
                        .list());
    }

    @Override
    public List<OfTemplate> templates(int limit) {
        return db.with(h ->
                h.createQuery(TEMPLATES)
                        .bind("limit", limit)
                        .map((rs, _) ->
                                new OfTemplate(
                                        new TeamId(rs.getObject("team_id", UUID.class)),
                                        rs.getString("name")))
                        .list());
    }
}
