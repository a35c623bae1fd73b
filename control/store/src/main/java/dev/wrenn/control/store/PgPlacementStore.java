package dev.wrenn.control.store;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.hosts.Reserved;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/// What placing needs to know, in PostgreSQL.
public final class PgPlacementStore implements PlacementStore {
    private static final String RESERVED =
            "select id, " + HostRoom.COLUMNS + " from hosts where id = any(:hosts)";

    private static final String BRINGS =
            "select exists (select 1 from teams where id = :team and is_byoc)";

    private final Database db;

    public PgPlacementStore(Database db) {
        this.db = db;
    }

    @Override
    public Map<HostId, Reserved> reserved(Collection<HostId> hosts) {
        if (hosts.isEmpty()) return Map.of();
        var ids = hosts.stream().map(HostId::value).toArray(UUID[]::new);
        return db.with(h -> {
            var all = new HashMap<HostId, Reserved>();
            h.createQuery(RESERVED)
                    .bind("hosts", ids)
                    .map((rs, _) ->
                            Map.entry(
                                    new HostId(rs.getObject("id", UUID.class)),
                                    HostRoom.reserved(rs)))
                    .forEach(entry -> all.put(entry.getKey(), entry.getValue()));
            return all;
        });
    }

    @Override
    public boolean bringsHosts(TeamId team) {
        return db.with(
                h -> h.createQuery(BRINGS).bind("team", team.value()).mapTo(Boolean.class).one());
    }
}
