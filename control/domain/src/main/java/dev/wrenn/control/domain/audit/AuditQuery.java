package dev.wrenn.control.domain.audit;

import dev.wrenn.common.model.AuditEntryId;
import dev.wrenn.common.model.TeamId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Which rows of the audit trail are wanted, newest first.
///
/// @param withAdmins also those that only owner and admins see
/// @param before rows that come after this place in the order
/// @param resourceTypes empty: any
/// @param actions empty: any
/// @param limit how many at most
public record AuditQuery(
        TeamId team,
        boolean withAdmins,
        Optional<Place> before,
        List<String> resourceTypes,
        List<String> actions,
        int limit) {
    public AuditQuery {
        resourceTypes = List.copyOf(resourceTypes);
        actions = List.copyOf(actions);
    }

    /// A place in the order by time and id.
    ///
    /// @param id empty: before all rows of that moment
    public record Place(Instant at, Optional<AuditEntryId> id) {}
}
