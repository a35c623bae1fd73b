package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.CapsuleStatus;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import java.time.Instant;

/// A stored capsule.
///
/// @param templateTeam owner of the template; both ids together name the image
/// @param template kept also when the template is renamed or gone, as is its name
/// @param version grows with each change: compare-and-set
/// @param incarnation which life of the capsule: events of an earlier one are dropped
/// @param facts what the host told about it
/// @param askedBy who asked for what the row intends
/// @param updatedAt the database's clock at the last change of state
public record CapsuleRow(
        CapsuleId id,
        TeamId team,
        TeamId templateTeam,
        TemplateId template,
        String templateName,
        HostId host,
        CapsuleSpec spec,
        CapsuleState state,
        long incarnation,
        long version,
        Facts facts,
        Actor askedBy,
        Instant createdAt,
        Instant updatedAt) {
    /// What a client sees.
    public CapsuleStatus status() {
        return state.status();
    }
}
