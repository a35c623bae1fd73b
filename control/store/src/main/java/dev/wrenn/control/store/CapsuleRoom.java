package dev.wrenn.control.store;

import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Reserved;
import dev.wrenn.control.domain.teams.Amounts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.SqlStatement;

/// What is there for one more capsule, its team and its host held until the end of the transaction:
/// the same as [TeamAmounts] and [HostRoom] by turns, in one question. Snapshots are not counted.
///
/// @param uses what the team uses
/// @param limit what it may have
/// @param reserved what the host has promised; empty when it takes no more
record CapsuleRoom(Amounts uses, Amounts limit, Optional<Reserved> reserved) {
    private static final String ASK = "select * from capsule_room(:team, :host, :many)";

    /// For a statement that makes a capsule only where [Amounts#with] and [Capacity#fits] allow it,
    /// see [#bind]: it holds team and host, and what was asked for is the capsule's own `:vcpus`,
    /// `:memory` and `:disk`.
    static final String IF_ROOM =
            """
              from capsule_room(:team, :host, :many) r
             where r.team_there and r.host_there
               and r.capsules + 1 <= coalesce(r.most_capsules, :normalCapsules)
               and r.vcpus + :vcpus <= coalesce(r.most_vcpus, :normalVcpus)
               and r.memory_mb + :memory <= coalesce(r.most_memory_mb, :normalMemory)
               and r.disk_mb + :disk <= coalesce(r.most_disk_mb, :normalDisk)
               and r.reserved_memory_mb + :memory <= :hostMemory
               and r.reserved_vcpus + :vcpus <= :hostVcpus
            """;

    static <S extends SqlStatement<S>> S bind(S statement, Capacity host, Amounts normal) {
        return statement
                .bind("many", TeamAmounts.MANY)
                .bind("normalCapsules", normal.capsules())
                .bind("normalVcpus", normal.vcpus())
                .bind("normalMemory", normal.memoryMb())
                .bind("normalDisk", normal.diskMb())
                .bind("hostMemory", host.memory().mib())
                .bind("hostVcpus", host.vcpus());
    }

    /// @param normal what a team may have for which nothing else was said
    /// @return empty when there is no such team
    static Optional<CapsuleRoom> lock(Handle h, UUID team, UUID host, Amounts normal) {
        return h.createQuery(ASK)
                .bind("team", team)
                .bind("host", host)
                .bind("many", TeamAmounts.MANY)
                .map((rs, _) -> room(rs, normal))
                .one();
    }

    private static Optional<CapsuleRoom> room(ResultSet rs, Amounts normal) throws SQLException {
        if (!rs.getBoolean("team_there")) return Optional.empty();
        var uses =
                new Amounts(
                        rs.getLong("capsules"),
                        rs.getLong("vcpus"),
                        rs.getLong("memory_mb"),
                        rs.getLong("disk_mb"),
                        0);
        var limit =
                new Amounts(
                        own(rs, "most_capsules", normal.capsules()),
                        own(rs, "most_vcpus", normal.vcpus()),
                        own(rs, "most_memory_mb", normal.memoryMb()),
                        own(rs, "most_disk_mb", normal.diskMb()),
                        normal.snapshots());
        return Optional.of(
                new CapsuleRoom(
                        uses,
                        limit,
                        rs.getBoolean("host_there")
                                ? Optional.of(HostRoom.reserved(rs))
                                : Optional.empty()));
    }

    private static long own(ResultSet rs, String column, long normal) throws SQLException {
        long own = rs.getLong(column);
        return rs.wasNull() ? normal : own;
    }
}
