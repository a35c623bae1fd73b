package dev.wrenn.control.store;

import dev.wrenn.control.domain.teams.Amounts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// What teams use and may use, within somebody's transaction.
final class TeamAmounts {
    private static final String LOCK =
            "select id from teams where id = :team and deleted_at is null for no key update";

    /// Indexes capsules_alive_by_team and templates_by_team.
    private static final String USED =
            """
            select count(*) as capsules,
                   coalesce(sum(vcpus) filter (where status not in ('paused', 'hibernated')), 0)
                       as vcpus,
                   coalesce(sum(memory_mb) filter (where status not in ('paused', 'hibernated')), 0)
                       as memory_mb,
                   coalesce(sum(disk_mb), 0) as disk_mb,
                   (select count(distinct name) from templates
                     where team_id = :team and type = 'snapshot' and state <> 'deleting')
                       as snapshots
              from capsules
             where team_id = :team and status not in ('stopped', 'error')
            """;

    private static final String LIMIT =
            """
            select coalesce(q.capsules, :capsules) as capsules, coalesce(q.vcpus, :vcpus) as vcpus,
                   coalesce(q.memory_mb, :memory) as memory_mb,
                   coalesce(q.disk_mb, :disk) as disk_mb,
                   coalesce(q.snapshots, :snapshots) as snapshots
              from (select 1) one left join team_quotas q on q.team_id = :team
            """;

    private TeamAmounts() {}

    /// Whoever adds to what a team uses locks it first, so that two that add at once are two one
    /// after the other.
    ///
    /// @return false when there is no such team
    static boolean lock(Handle h, UUID team) {
        return h.createQuery(LOCK).bind("team", team).mapTo(UUID.class).findOne().isPresent();
    }

    /// Whether a locked team may have so much more.
    static Optional<Amounts.Excess> excess(Handle h, UUID team, Amounts more, Amounts normal) {
        return used(h, team).with(more, limit(h, team, normal));
    }

    static Amounts used(Handle h, UUID team) {
        return h.createQuery(USED).bind("team", team).map((rs, _) -> amounts(rs)).one();
    }

    static Amounts limit(Handle h, UUID team, Amounts normal) {
        return h.createQuery(LIMIT)
                .bind("team", team)
                .bind("capsules", normal.capsules())
                .bind("vcpus", normal.vcpus())
                .bind("memory", normal.memoryMb())
                .bind("disk", normal.diskMb())
                .bind("snapshots", normal.snapshots())
                .map((rs, _) -> amounts(rs))
                .one();
    }

    private static Amounts amounts(ResultSet rs) throws SQLException {
        return new Amounts(
                rs.getLong("capsules"),
                rs.getLong("vcpus"),
                rs.getLong("memory_mb"),
                rs.getLong("disk_mb"),
                rs.getLong("snapshots"));
    }
}
