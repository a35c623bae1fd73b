package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.network.CapsuleNetwork;
import dev.wrenn.control.domain.network.NetworkStore;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Policies in PostgreSQL.
public final class PgNetworkStore implements NetworkStore {
    private static final String COLUMNS =
            """
            select c.id, c.host_id, c.network, c.network_revision, c.network_told,
                   t.network as team_network
              from capsules c join teams t on t.id = c.team_id
            """;

    private static final String TEAM =
            "select network from teams where id = :team and deleted_at is null";

    /// The primary key.
    private static final String CAPSULE = COLUMNS + " where c.id = :id";

    /// Index capsules_network_untold.
    private static final String UNTOLD =
            COLUMNS
                    + """
                     where c.network_revision <> c.network_told
                       and c.status not in ('stopped', 'error')
                       and (cast(:team as uuid) is null or c.team_id = :team)
                     limit :limit
                    """;

    private static final String SET_TEAM =
            """
            update teams set network = cast(:policy as jsonb)
             where id = :team and deleted_at is null
            """;

    /// Index capsules_alive_by_team.
    private static final String TEAM_CHANGED =
            """
            update capsules set network_revision = network_revision + 1
             where team_id = :team and status not in ('stopped', 'error')
            """;

    private static final String SET_CAPSULE =
            """
            update capsules set network = cast(:policy as jsonb),
                   network_revision = network_revision + 1
             where id = :id and team_id = :team and status not in ('stopped', 'error')
            """;

    private static final String TOLD =
            """
            update capsules set network_told = :revision
             where id = :id and network_revision = :revision
            """;

    /// A host tells of the same capsule once a minute at most, and every replica hears it.
    private static final String DENIED =
            """
            update capsules set network_denied_at = clock_timestamp()
             where id = :id and incarnation = :incarnation
               and (network_denied_at is null
                    or network_denied_at < clock_timestamp() - interval '30 seconds')
            returning team_id
            """;

    private final Database db;

    public PgNetworkStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<EgressPolicy> ofTeam(TeamId team) {
        return db.with(h ->
                h.createQuery(TEAM)
                        .bind("team", team.value())
                        .map((rs, _) -> PolicyJson.read(rs.getString("network")))
                        .findOne());
    }

    @Override
    public Optional<CapsuleNetwork> ofCapsule(TeamId team, CapsuleId id) {
        return db.with(h ->
                h.createQuery(CAPSULE + " and c.team_id = :team")
                        .bind("id", id.value())
                        .bind("team", team.value())
                        .map((rs, _) -> row(rs))
                        .findOne());
    }

    @Override
    public Egress egress(CapsuleId id) {
        return db.with(h ->
                h.createQuery(CAPSULE)
                        .bind("id", id.value())
                        .map((rs, _) -> row(rs).egress())
                        .findOne()
                        .orElse(Egress.OPEN));
    }

    @Override
    public boolean setTeam(TeamId team, EgressPolicy policy, Actor by) {
        return db.inTransaction(h -> {
            int teams =
                    h.createUpdate(SET_TEAM)
                            .bind("team", team.value())
                            .bind("policy", PolicyJson.write(policy))
                            .execute();
            if (teams == 0) return false;
            h.createUpdate(TEAM_CHANGED).bind("team", team.value()).execute();
            AuditRows.write(h, Audit.teamNetwork(team, by, policy));
            return true;
        });
    }

    @Override
    public boolean setCapsule(TeamId team, CapsuleId id, EgressPolicy policy, Actor by) {
        return db.inTransaction(h -> {
            int capsules =
                    h.createUpdate(SET_CAPSULE)
                            .bind("id", id.value())
                            .bind("team", team.value())
                            .bind("policy", PolicyJson.write(policy))
                            .execute();
            if (capsules == 0) return false;
            AuditRows.write(h, Audit.capsuleNetwork(team, by, id, policy));
            return true;
        });
    }

    @Override
    public List<CapsuleNetwork> untold(int limit) {
        return untold((UUID) null, limit);
    }

    @Override
    public List<CapsuleNetwork> untold(TeamId team, int limit) {
        return untold(team.value(), limit);
    }

    private List<CapsuleNetwork> untold(@org.jspecify.annotations.Nullable UUID team, int limit) {
        return db.with(h ->
                h.createQuery(UNTOLD)
                        .bind("team", team)
                        .bind("limit", limit)
                        .map((rs, _) -> row(rs))
                        .list());
    }

    @Override
    public void told(CapsuleId id, long revision) {
        db.with(h ->
                h.createUpdate(TOLD).bind("id", id.value()).bind("revision", revision).execute());
    }

    @Override
    public void denied(CapsuleId id, long incarnation, long packets, List<String> flows) {
        db.inTransaction(h -> {
            var team =
                    h.createQuery(DENIED)
                            .bind("id", id.value())
                            .bind("incarnation", incarnation)
                            .mapTo(UUID.class)
                            .findOne();
            team.ifPresent(
                    t -> AuditRows.write(h, Audit.denied(new TeamId(t), id, packets, flows)));
            return team.isPresent();
        });
    }

    private static CapsuleNetwork row(ResultSet rs) throws SQLException {
        long revision = rs.getLong("network_revision");
        return new CapsuleNetwork(
                new CapsuleId(rs.getObject("id", UUID.class)),
                new HostId(rs.getObject("host_id", UUID.class)),
                new Egress(
                        PolicyJson.read(rs.getString("team_network")),
                        PolicyJson.read(rs.getString("network"))),
                revision,
                revision == rs.getLong("network_told"));
    }
}
