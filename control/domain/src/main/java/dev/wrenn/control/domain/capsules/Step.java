package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.AuditEntry;
import java.util.Optional;

/// What a row becomes.
///
/// @param incarnation of the row from now on
/// @param askedBy who asked for what the row intends from now on
/// @param entry what the audit trail is told in the same transaction
public record Step(
        CapsuleState to,
        long incarnation,
        Facts facts,
        Actor askedBy,
        Optional<AuditEntry> entry) {}
