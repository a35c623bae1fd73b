package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.AuditEntryId;
import java.time.Instant;

/// A stored row of the audit trail.
///
/// @param at to the microsecond, as the database keeps it
public record AuditRow(AuditEntryId id, Instant at, AuditEntry entry) {}
