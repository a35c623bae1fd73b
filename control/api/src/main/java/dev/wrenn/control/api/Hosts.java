package dev.wrenn.control.api;

import dev.wrenn.control.domain.cleanup.HostRemoval;
import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.HostTokens;
import java.util.List;

/// The fleet: everything that the API needs for it.
///
/// @param tokens that agents show
public record Hosts(Fleet fleet, HostRemoval removal, HostTokens tokens) {
    List<Route> routes(AttemptLimits attempts) {
        return List.copyOf(new HostRoutes(fleet, removal, new Throttle(attempts)).routes());
    }
}
