package dev.wrenn.control.store;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.fleet.FleetHost;
import dev.wrenn.control.domain.fleet.HostStatus;
import dev.wrenn.control.domain.fleet.HostType;
import dev.wrenn.control.domain.fleet.Machine;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;

/// Rows of `hosts` as [FleetHost].
final class HostRows implements RowMapper<FleetHost> {
    /// Every column that is read, of `hosts h` and its team `t`.
    static final String SELECT =
            """
            select h.id, h.type, h.team_id, t.name as team_name, h.provider, h.availability_zone,
                   h.arch, h.cpu_cores, h.memory_mb, h.disk_gb, h.address, h.status, h.draining,
                   h.last_heartbeat_at, h.certificate_ends_at, h.created_by, h.created_at,
                   h.updated_at,
                   array(select tag from host_tags where host_id = h.id order by tag) as tags
              from hosts h left join teams t on t.id = h.team_id
            """;

    private static final String FIND = SELECT + " where h.id = :id and h.deleted_at is null";

    /// @return empty when there is none
    static Optional<FleetHost> find(Handle h, HostId id) {
        return h.createQuery(FIND).bind("id", id.value()).map(new HostRows()).findOne();
    }

    @Override
    public FleetHost map(ResultSet rs, StatementContext context) throws SQLException {
        return new FleetHost(
                new HostId(rs.getObject("id", UUID.class)),
                HostType.ofWire(rs.getString("type")).orElseThrow(),
                uuid(rs, "team_id").map(TeamId::new),
                Optional.ofNullable(rs.getString("team_name")),
                Optional.ofNullable(rs.getString("provider")),
                Optional.ofNullable(rs.getString("availability_zone")),
                machine(rs),
                HostStatus.ofWire(rs.getString("status")).orElseThrow(),
                rs.getBoolean("draining"),
                tags(rs),
                Optional.ofNullable(CapsuleRows.instant(rs, "last_heartbeat_at")),
                Optional.ofNullable(CapsuleRows.instant(rs, "certificate_ends_at")),
                uuid(rs, "created_by").map(UserId::new),
                Objects.requireNonNull(CapsuleRows.instant(rs, "created_at")),
                Objects.requireNonNull(CapsuleRows.instant(rs, "updated_at")));
    }

    private static Optional<Machine> machine(ResultSet rs) throws SQLException {
        var address = rs.getString("address");
        if (address == null) return Optional.empty();
        var arch = rs.getString("arch");
        return Optional.of(
                new Machine(
                        arch == null ? "" : arch,
                        rs.getInt("cpu_cores"),
                        rs.getLong("memory_mb"),
                        rs.getLong("disk_gb"),
                        address));
    }

    private static List<String> tags(ResultSet rs) throws SQLException {
        return Arrays.asList((String[]) rs.getArray("tags").getArray());
    }

    private static Optional<UUID> uuid(ResultSet rs, String column) throws SQLException {
        return Optional.ofNullable(rs.getObject(column, UUID.class));
    }
}
