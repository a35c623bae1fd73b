package dev.wrenn.control.store;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateStore;
import dev.wrenn.control.domain.templates.TemplateType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;

/// Templates in PostgreSQL.
public final class PgTemplateStore implements TemplateStore {
    /// Every column that is read.
    static final String COLUMNS =
            "id, team_id, name, type, vcpus, memory_mb, size_bytes, metadata, created_at, host_id ";

    /// Index templates_name_unique. A team cannot have a platform name, so at most one row.
    private static final String BY_NAME =
            "select "
                    + COLUMNS
                    + """
                    from templates
                     where team_id in (:team, :platform) and name = :name and state = 'ready'
                    """;

    private static final String BY_ID =
            "select " + COLUMNS + "from templates where id = :id and state = 'ready'";

    /// Index templates_by_team.
    private static final String VISIBLE =
            "select "
                    + COLUMNS
                    + """
                    from templates where team_id in (:team, :platform) and state = 'ready'
                    order by created_at desc, id desc
                    """;

    private final Database db;

    public PgTemplateStore(Database db) {
        this.db = db;
    }

    @Override
    public Optional<Template> byName(TeamId team, String name) {
        return db.with(h ->
                h.createQuery(BY_NAME)
                        .bind("team", team.value())
                        .bind("platform", TeamId.PLATFORM.value())
                        .bind("name", name)
                        .map(PgTemplateStore::row)
                        .findFirst());
    }

    @Override
    public Optional<Template> byId(TemplateId id) {
        return db.with(h ->
                h.createQuery(BY_ID).bind("id", id.value()).map(PgTemplateStore::row).findOne());
    }

    @Override
    public GuestDefaults defaults(TemplateId id) {
        return db.with(h ->
                h.createQuery(
                                "select default_user, default_env, default_directory,"
                                        + " default_entrypoint from templates where id = :id")
                        .bind("id", id.value())
                        .map((rs, _) ->
                                new GuestDefaults(
                                        rs.getString("default_user"),
                                        Json.read(rs.getString("default_env")),
                                        rs.getString("default_directory"),
                                        BuildRows.texts(rs.getString("default_entrypoint"))))
                        .findOne()
                        .orElse(GuestDefaults.NONE));
    }

    @Override
    public List<Template> all() {
        return db.with(h ->
                h.createQuery(
                                "select "
                                        + COLUMNS
                                        + "from templates where state = 'ready'"
                                        + " order by created_at desc, id desc")
                        .map(PgTemplateStore::row)
                        .list());
    }

    @Override
    public List<Template> visibleTo(TeamId team) {
        return db.with(h ->
                h.createQuery(VISIBLE)
                        .bind("team", team.value())
                        .bind("platform", TeamId.PLATFORM.value())
                        .map(PgTemplateStore::row)
                        .list());
    }

    static Template row(ResultSet rs, StatementContext context) throws SQLException {
        return new Template(
                new TemplateId(rs.getObject("id", UUID.class)),
                new TeamId(rs.getObject("team_id", UUID.class)),
                rs.getString("name"),
                TemplateType.ofWire(rs.getString("type")).orElseThrow(),
                rs.getInt("vcpus"),
                MemorySize.ofMib(rs.getInt("memory_mb")),
                rs.getLong("size_bytes"),
                Objects.requireNonNull(CapsuleRows.instant(rs, "created_at")),
                Json.read(rs.getString("metadata")),
                Optional.ofNullable(rs.getObject("host_id", UUID.class)).map(HostId::new));
    }
}
