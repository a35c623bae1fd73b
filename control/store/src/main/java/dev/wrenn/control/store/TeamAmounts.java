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

    /// Rows of one team from which on they are made one.
    static final long MANY = 64;

    /// Indexes team_uses_by_team and templates_by_team.
    private static final String USED =
            """
            select coalesce(sum(capsules), 0) as capsules, coalesce(sum(vcpus), 0) as vcpus,
                   coalesce(sum(memory_mb), 0) as memory_mb, coalesce(sum(disk_mb), 0) as disk_mb,
                   (select count(distinct name) from templates
                     where team_id = :team and type = 'snapshot' and state <> 'deleting')
                       as snapshots,
                   count(*) as changes
              from team_uses where team_id = :team
            """;

    /// Only for who has locked the team. What others add meanwhile is not seen and stays.
    private static final String FOLD =
            """
            with gone as (
                delete from team_uses where team_id = :team
                returning capsules, vcpus, memory_mb, disk_mb
            )
            insert into team_uses (team_id, capsules, vcpus, memory_mb, disk_mb)
            select :team, sum(capsules), sum(vcpus), sum(memory_mb), sum(disk_mb) from gone
            having count(*) > 0
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
        var uses = uses(h, team);
        if (uses.changes() >= MANY) h.createUpdate(FOLD).bind("team", team).execute();
        return uses.sum().with(more, limit(h, team, normal));
    }

    static Amounts used(Handle h, UUID team) {
        return uses(h, team).sum();
    }

    /// @param changes how many rows that is the sum of
    private record Uses(Amounts sum, long changes) {}

    private static Uses uses(Handle h, UUID team) {
        return h.createQuery(USED)
                .bind("team", team)
                .map((rs, _) -> new Uses(amounts(rs), rs.getLong("changes")))
                .one();
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
