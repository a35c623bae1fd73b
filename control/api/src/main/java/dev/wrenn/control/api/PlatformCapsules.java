package dev.wrenn.control.api;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.snapshots.SnapshotOutcome;
import dev.wrenn.control.domain.snapshots.Snapshots;
import dev.wrenn.control.domain.templates.TemplateName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// `/v1/admin/capsules`: capsules of the platform itself, for its administrators, who make
/// templates of them. What can be done with those of a team can be done with these, by the same
/// handlers.
final class PlatformCapsules {
    private static final String ALL = "/v1/capsules";
    private static final String ONE = ALL + "/{id}";

    /// Of those of teams, what is not repeated: figures of a team, and servers inside.
    private static final Set<String> TEAMS_ONLY =
            Set.of(
                    ALL + "/stats",
                    ALL + "/usage",
                    ONE + "/ping",
                    ONE + "/proxy",
                    ONE + "/proxy/links",
                    ONE + "/network");

    private final Capsules capsules;
    private final Snapshots snapshots;

    PlatformCapsules(Capsules capsules, Snapshots snapshots) {
        this.capsules = capsules;
        this.snapshots = snapshots;
    }

    /// @param teams the routes of teams
    List<Route> routes(List<Route> teams) {
        var all = new ArrayList<Route>();
        for (var route : teams)
            if ((route.path().equals(ALL) || route.path().startsWith(ALL + "/"))
                    && !TEAMS_ONLY.contains(route.path())) all.add(route.ofPlatform());
        all.add(
                new Route(
                        "POST",
                        Route.platformPath(ONE + "/snapshot"),
                        new Access.PlatformAdmin(),
                        this::snapshot));
        return all;
    }

    /// 201: a template for every team, in the place of one of the same name, and the capsule is
    /// destroyed; 400, 403 for `minimal`, 404, 409, 502, 503, 507.
    private Reply snapshot(Call call) throws IOException, InterruptedException {
        var id = call.capsule();
        var name = call.body().text("name").orElse("");
        if (!TemplateName.valid(name)) throw ApiException.invalid("name: invalid name");
        if (name.equals(TemplateName.MINIMAL))
            throw new ApiException(403, "forbidden", "minimal is never replaced");
        var by = call.principal().actor();
        var outcome = snapshots.create(TeamId.PLATFORM, id, Optional.of(name), true, by);
        if (outcome instanceof SnapshotOutcome.Done) capsules.destroy(TeamId.PLATFORM, id, by);
        return SnapshotRoutes.reply(outcome);
    }
}
