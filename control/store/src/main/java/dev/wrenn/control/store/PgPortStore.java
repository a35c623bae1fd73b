package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.ports.PortAccess;
import dev.wrenn.control.domain.ports.PortRow;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.ports.PortStore;
import dev.wrenn.control.domain.ports.PortToken;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import java.util.UUID;

/// The ports of capsules in PostgreSQL.
public final class PgPortStore implements PortStore {
    private static final String COLUMNS =
            " id, team_id, host_id, status, phase, cause, port_access, port_resume, port_secret ";

    /// The primary key.
    private static final String FIND = "select" + COLUMNS + "from capsules where id = :id";

    private static final String CONFIGURE =
            """
            update capsules set port_access = :access, port_resume = :resume
             where id = :id
            returning
            """
                    + COLUMNS;

    private final Database db;

    public PgPortStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<PortRow> find(CapsuleId id) {
        return db.with(
                h -> h.createQuery(FIND).bind("id", id.value()).map((rs, _) -> row(rs)).findOne());
    }

    @Override
    public Optional<PortRow> configure(CapsuleId id, PortSettings settings) {
        return db.with(h ->
                h.createQuery(CONFIGURE)
                        .bind("id", id.value())
                        .bind("access", settings.access().wire())
                        .bind("resume", settings.autoResume())
                        .map((rs, _) -> row(rs))
                        .findOne());
    }

    private static PortRow row(ResultSet rs) throws SQLException {
        return new PortRow(
                new CapsuleId(rs.getObject("id", UUID.class)),
                new TeamId(rs.getObject("team_id", UUID.class)),
                new HostId(rs.getObject("host_id", UUID.class)),
                CapsuleRows.state(
                        rs.getString("status"), rs.getString("phase"), rs.getString("cause")),
                new PortSettings(
                        PortAccess.ofWire(rs.getString("port_access")).orElseThrow(),
                        rs.getBoolean("port_resume")),
                new PortToken(rs.getBytes("port_secret")));
    }
}
