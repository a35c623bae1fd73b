package dev.wrenn.control.api;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.platform.PlatformStore;
import dev.wrenn.control.domain.platform.Quota;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.teams.TeamStore;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// `/v1/admin`: every team and account, for administrators of the platform.
final class PlatformRoutes {
    private static final Access ADMIN = new Access.PlatformAdmin();
    private static final String TEAM = "/v1/admin/teams/{id}";
    private static final int PER_PAGE = 100;
    private static final int LAST_PAGE = 1_000_000;
    private static final long MOST = 1L << 50;

    private final PlatformStore platform;
    private final TeamStore teams;
    private final Amounts normal;

    /// @param normal what a team may have for which nothing else was said
    PlatformRoutes(PlatformStore platform, TeamStore teams, Amounts normal) {
        this.platform = platform;
        this.teams = teams;
        this.normal = normal;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", "/v1/admin/teams", ADMIN, this::teams),
                new Route("GET", TEAM + "/limits", ADMIN, this::limits),
                new Route("PUT", TEAM + "/limits", ADMIN, this::setLimits),
                new Route("PUT", TEAM + "/byoc", ADMIN, this::enableByoc),
                new Route("DELETE", TEAM, ADMIN, this::deleteTeam),
                new Route("GET", "/v1/admin/users", ADMIN, this::users),
                new Route("PUT", "/v1/admin/users/{id}/active", ADMIN, this::setActive));
    }

    /// 200; 400.
    private Reply teams(Call call) {
        int page = page(call);
        return page("teams", page, platform.teams(page, PER_PAGE), PlatformRoutes::json);
    }

    /// 200; 400.
    private Reply users(Call call) {
        int page = page(call);
        return page("users", page, platform.users(page, PER_PAGE), PlatformRoutes::json);
    }

    private static <T> Reply page(
            String name, int page, PlatformStore.Page<T> found, Function<T, Object> line) {
        var json = new LinkedHashMap<String, Object>();
        json.put(name, found.items().stream().map(line).toList());
        json.put("total", found.total());
        json.put("page", page);
        json.put("per_page", PER_PAGE);
        json.put("total_pages", (found.total() + PER_PAGE - 1) / PER_PAGE);
        return Reply.ok(json);
    }

    private static int page(Call call) {
        var text = call.query("page").filter(t -> !t.isEmpty());
        if (text.isEmpty()) return 1;
        try {
            int page = Integer.parseInt(text.get());
            if (page >= 1 && page <= LAST_PAGE) return page;
        } catch (NumberFormatException e) {
            // answered below together with what is out of bounds
        }
        throw ApiException.invalid("page: expected 1 or more");
    }

    /// 200: what the team uses and may use, and which of its limits are its own; 400, 404.
    private Reply limits(Call call) {
        return Reply.ok(allowance(live(call)));
    }

    /// 200: the same; what is not named is as for every team. 400, 404.
    private Reply setLimits(Call call) throws IOException {
        var team = Call.team(call.id());
        var body = call.body();
        var quota =
                new Quota(
                        limit(body, "capsules"),
                        limit(body, "vcpus"),
                        limit(body, "memory_mb"),
                        limit(body, "disk_mb"),
                        limit(body, "snapshots"));
        if (!platform.setQuota(team, quota, call.principal().actor())) throw noTeam();
        return Reply.ok(allowance(team));
    }

    private Map<String, Object> allowance(TeamId team) {
        var json = TeamJson.of(teams.usage(team, normal));
        var quota = platform.quota(team);
        var own = new LinkedHashMap<String, Object>();
        quota.capsules().ifPresent(limit -> own.put("capsules", limit));
        quota.vcpus().ifPresent(limit -> own.put("vcpus", limit));
        quota.memoryMb().ifPresent(limit -> own.put("memory_mb", limit));
        quota.diskMb().ifPresent(limit -> own.put("disk_mb", limit));
        quota.snapshots().ifPresent(limit -> own.put("snapshots", limit));
        json.put("own", own);
        return json;
    }

    private static Optional<Long> limit(Fields body, String name) {
        if (!body.has(name)) return Optional.empty();
        long limit = body.integer(name, 0);
        if (limit < 0 || limit > MOST) throw ApiException.invalid(name + ": expected 0 or more");
        return Optional.of(limit);
    }

    private TeamId live(Call call) {
        var team = Call.team(call.id());
        if (teams.find(team).isEmpty()) throw noTeam();
        return team;
    }

    /// 204; 400 for taking it away, 404.
    private Reply enableByoc(Call call) throws IOException {
        var team = Call.team(call.id());
        if (!flag(call.body(), "enabled"))
            throw ApiException.invalid("enabled: cannot be taken away again");
        if (!platform.enableByoc(team, call.principal().actor())) throw noTeam();
        return Reply.noContent();
    }

    /// 204: gone for everybody; what it has is removed in the background. 400, 404.
    private Reply deleteTeam(Call call) {
        if (!platform.deleteTeam(Call.team(call.id()), call.principal().actor())) throw noTeam();
        return Reply.noContent();
    }

    /// 204: switched off, sessions and keys end at once, and capsules of teams that it owns soon;
    /// 400 for the own account and for one that was never activated, 404.
    private Reply setActive(Call call) throws IOException {
        var user = UserId.parse(call.id());
        boolean active = flag(call.body(), "active");
        if (user.equals(call.principal().user()))
            throw ApiException.invalid("id: the own account (expected: another one)");
        return switch (platform.setActive(user, active, call.principal().actor())) {
            case DONE -> Reply.noContent();
            case NOT_FOUND ->
                    Reply.error(new ApiError(404, "not_found", "no account with this id"));
            case NEVER_ACTIVATED ->
                    throw ApiException.invalid("active: nobody confirmed the address yet");
        };
    }

    private static boolean flag(Fields body, String name) {
        if (!body.has(name)) throw ApiException.invalid(name + ": missing");
        return body.flag(name);
    }

    private static ApiException noTeam() {
        return new ApiException(404, "not_found", "team not found");
    }

    private static Object json(PlatformStore.TeamLine line) {
        var json = TeamJson.of(line.team());
        line.deletedAt().ifPresent(at -> json.put("deleted_at", at.toString()));
        json.put("member_count", line.members());
        line.ownerName().ifPresent(name -> json.put("owner_name", name));
        line.ownerEmail().ifPresent(email -> json.put("owner_email", email));
        json.put("active_sandbox_count", line.activeCapsules());
        json.put("channel_count", line.channels());
        return json;
    }

    private static Map<String, Object> json(PlatformStore.UserLine line) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", line.id().toString());
        json.put("email", line.email());
        json.put("name", line.name());
        json.put("is_admin", line.platformAdmin());
        json.put("status", line.status().wire());
        json.put("created_at", line.createdAt().toString());
        json.put("teams_joined", line.teamsJoined());
        json.put("teams_owned", line.teamsOwned());
        return json;
    }
}
