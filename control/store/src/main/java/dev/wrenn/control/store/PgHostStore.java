package dev.wrenn.control.store;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostStore;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/// Hosts in PostgreSQL.
public final class PgHostStore implements HostStore {
    /// One that has not registered yet has no agent to talk to.
    private static final String ALL =
            """
            select id, address, team_id, draining,
                   array(select tag from host_tags where host_id = hosts.id) as tags
              from hosts
             where status <> 'pending' and address is not null and deleted_at is null
             order by created_at, id
            """;

    private final Database db;

    public PgHostStore(Database db) {
        this.db = db;
    }

    @Override
    public List<Host> all() {
        return db.with(h ->
                h.createQuery(ALL)
                        .map((rs, _) ->
                                new Host(
                                        new HostId(rs.getObject("id", UUID.class)),
                                        rs.getString("address"),
                                        Optional.ofNullable(rs.getObject("team_id", UUID.class))
                                                .map(TeamId::new),
                                        rs.getBoolean("draining"),
                                        Set.of((String[]) rs.getArray("tags").getArray())))
                        .list());
    }
}
