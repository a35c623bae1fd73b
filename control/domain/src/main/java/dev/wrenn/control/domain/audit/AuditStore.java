package dev.wrenn.control.domain.audit;

import java.util.List;

/// The audit trail. Thread-safe.
public interface AuditStore {
    /// Newest first, by time and then by id.
    List<AuditRow> find(AuditQuery query);

    /// Writes a row that tells of no stored change, such as a refused attempt.
    void write(AuditEntry entry);
}
