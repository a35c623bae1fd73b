package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Facts;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;

/// Rows of `capsules` as [CapsuleRow].
final class CapsuleRows implements RowMapper<CapsuleRow> {
    /// Every column that is read.
    static final String COLUMNS =
            """
            id, team_id, template_team_id, template_id, template_name, host_id, status, phase,
            cause,
            vcpus, memory_mb, disk_mb, timeout_sec, incarnation, version, host_ip, guest_ip,
            metadata, created_at, updated_at, started_at, last_active_at,
            asked_by_type, asked_by_id, asked_by_name
            """;

    private static final String PAUSING = "pausing";
    private static final String DAMAGED = "damaged";

    @Override
    public CapsuleRow map(ResultSet rs, StatementContext context) throws SQLException {
        return new CapsuleRow(
                new CapsuleId(uuid(rs, "id")),
                new TeamId(uuid(rs, "team_id")),
                new TeamId(uuid(rs, "template_team_id")),
                new TemplateId(uuid(rs, "template_id")),
                rs.getString("template_name"),
                new HostId(uuid(rs, "host_id")),
                spec(rs),
                state(rs.getString("status"), rs.getString("phase"), rs.getString("cause")),
                rs.getLong("incarnation"),
                rs.getLong("version"),
                facts(rs),
                AuditRows.actor(
                        rs.getString("asked_by_type"),
                        rs.getString("asked_by_id"),
                        rs.getString("asked_by_name")),
                Objects.requireNonNull(instant(rs, "created_at")),
                Objects.requireNonNull(instant(rs, "updated_at")));
    }

    private static CapsuleSpec spec(ResultSet rs) throws SQLException {
        return new CapsuleSpec(
                rs.getInt("vcpus"),
                MemorySize.ofMib(rs.getInt("memory_mb")),
                MemorySize.ofMib(rs.getInt("disk_mb")),
                Duration.ofSeconds(rs.getLong("timeout_sec")));
    }

    private static Facts facts(ResultSet rs) throws SQLException {
        return new Facts(
                Optional.ofNullable(rs.getString("host_ip")),
                Optional.ofNullable(rs.getString("guest_ip")),
                Optional.ofNullable(instant(rs, "started_at")),
                Optional.ofNullable(instant(rs, "last_active_at")),
                Json.read(rs.getString("metadata")));
    }

    static CapsuleState state(String status, @Nullable String phase, @Nullable String cause) {
        var why = cause == null ? "" : cause;
        return switch (status) {
            case "pending" -> new CapsuleState.Pending();
            case "running" ->
                    PAUSING.equals(phase) ? new CapsuleState.Pausing() : new CapsuleState.Running();
            case "paused" -> new CapsuleState.Paused();
            case "starting" -> new CapsuleState.Starting();
            case "missing" -> new CapsuleState.Missing();
            case "stopped" -> new CapsuleState.Stopped(why);
            case "error" ->
                    DAMAGED.equals(phase)
                            ? new CapsuleState.Damaged(why)
                            : new CapsuleState.Failed(why);
            default -> throw new IllegalStateException("status: " + status + " (not known here)");
        };
    }

    /// What the status does not tell of a state; null when it tells all.
    static @Nullable String phase(CapsuleState state) {
        return switch (state) {
            case CapsuleState.Pausing _ -> PAUSING;
            case CapsuleState.Damaged _ -> DAMAGED;
            case CapsuleState.Pending _,
                    CapsuleState.Running _,
                    CapsuleState.Paused _,
                    CapsuleState.Starting _,
                    CapsuleState.Missing _,
                    CapsuleState.Stopped _,
                    CapsuleState.Failed _ ->
                    null;
        };
    }

    private static UUID uuid(ResultSet rs, String column) throws SQLException {
        return rs.getObject(column, UUID.class);
    }

    static @Nullable Instant instant(ResultSet rs, String column) throws SQLException {
        var time = rs.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
