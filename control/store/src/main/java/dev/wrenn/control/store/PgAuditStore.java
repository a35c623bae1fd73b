package dev.wrenn.control.store;

import dev.wrenn.common.model.AuditEntryId;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.audit.AuditQuery;
import dev.wrenn.control.domain.audit.AuditRow;
import dev.wrenn.control.domain.audit.AuditStore;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;

/// The audit trail in PostgreSQL.
public final class PgAuditStore implements AuditStore {
    private static final String FROM =
            "select " + AuditRows.COLUMNS + " from audit_logs a where a.team_id = :team";

    /// Index audit_logs_team_scope, which a condition with a parameter would not use.
    private static final String TEAM_ONLY = " and a.scope = 'team'";

    private static final String BEFORE = " and (a.created_at, a.id) < (:at, :id)";
    private static final String BEFORE_TIME = " and a.created_at < :at";
    private static final String TYPES = " and a.resource_type = any(:types)";
    private static final String ACTIONS = " and a.action = any(:actions)";

    /// Index audit_logs_by_team.
    private static final String ORDER = " order by a.created_at desc, a.id desc limit :limit";

    private final Database db;

    public PgAuditStore(Database db) {
        this.db = db;
    }

    @Override
    public List<AuditRow> find(AuditQuery query) {
        var sql = new StringBuilder(FROM);
        if (!query.withAdmins()) sql.append(TEAM_ONLY);
        query.before().ifPresent(p -> sql.append(p.id().isPresent() ? BEFORE : BEFORE_TIME));
        if (!query.resourceTypes().isEmpty()) sql.append(TYPES);
        if (!query.actions().isEmpty()) sql.append(ACTIONS);
        sql.append(ORDER);
        return db.with(h -> {
            var statement =
                    h.createQuery(sql.toString())
                            .bind("team", query.team().value())
                            .bind("limit", query.limit());
            query.before()
                    .ifPresent(p -> {
                        statement.bind("at", OffsetDateTime.ofInstant(p.at(), ZoneOffset.UTC));
                        p.id().map(AuditEntryId::value).ifPresent(id -> statement.bind("id", id));
                    });
            if (!query.resourceTypes().isEmpty())
                statement.bind("types", query.resourceTypes().toArray(String[]::new));
            if (!query.actions().isEmpty())
                statement.bind("actions", query.actions().toArray(String[]::new));
            return statement.map((rs, _) -> AuditRows.row(rs)).list();
        });
    }

    @Override
    public void write(AuditEntry entry) {
        db.inTransaction(h -> {
            AuditRows.write(h, entry);
            return true;
        });
    }
}
