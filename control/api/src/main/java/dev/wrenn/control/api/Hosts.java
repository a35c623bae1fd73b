package dev.wrenn.control.api;

import dev.wrenn.control.domain.cleanup.HostRemoval;
import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.fleet.HostTokens;
import dev.wrenn.control.domain.images.TemplateChunks;
import java.util.ArrayList;
import java.util.List;

/// The fleet: everything that the API needs for it.
///
/// @param tokens that agents show
/// @param chunks of templates that hosts were told to take
public record Hosts(Fleet fleet, HostRemoval removal, HostTokens tokens, TemplateChunks chunks) {
    List<Route> routes(AttemptLimits attempts) {
        var all = new ArrayList<>(new HostRoutes(fleet, removal, new Throttle(attempts)).routes());
        all.addAll(new HostTemplateRoutes(chunks).routes());
        return List.copyOf(all);
    }
}
