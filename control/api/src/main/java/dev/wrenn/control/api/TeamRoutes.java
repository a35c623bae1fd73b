package dev.wrenn.control.api;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Accounts;
import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.teams.Member;
import dev.wrenn.control.domain.teams.Team;
import dev.wrenn.control.domain.teams.TeamName;
import dev.wrenn.control.domain.teams.TeamStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `/v1/teams` and `/v1/users/search`.
final class TeamRoutes {
    private static final String TEAM = "/v1/teams/{id}";
    private static final String MEMBERS = TEAM + "/members";
    private static final String MEMBER = MEMBERS + "/{uid}";
    private static final int MOST_FOUND = 10;
    private static final int SHORTEST_PREFIX = 3;
    private static final int LONGEST_PREFIX = 254;

    private final TeamStore teams;
    private final Accounts accounts;
    private final CapsuleLimits limits;
    private final Throttle throttle;

    TeamRoutes(TeamStore teams, Accounts accounts, CapsuleLimits limits, Throttle throttle) {
        this.teams = teams;
        this.accounts = accounts;
        this.limits = limits;
        this.throttle = throttle;
    }

    List<Route> routes() {
        var member = new Access.OwnTeam(Role.MEMBER);
        var admin = new Access.OwnTeam(Role.ADMIN);
        var owner = new Access.OwnTeam(Role.OWNER);
        return List.of(
                new Route("GET", "/v1/teams", new Access.Account(), this::list),
                new Route("POST", "/v1/teams", new Access.Account(), this::create),
                new Route("GET", TEAM, member, this::show),
                new Route("PATCH", TEAM, admin, this::rename),
                new Route("DELETE", TEAM, owner, this::delete),
                new Route("GET", TEAM + "/usage", member, this::usage),
                new Route("GET", MEMBERS, member, this::members),
                new Route("POST", MEMBERS, admin, this::add),
                new Route("PATCH", MEMBER, admin, this::setRole),
                new Route("DELETE", MEMBER, admin, this::remove),
                new Route("POST", TEAM + "/leave", member, this::leave),
                new Route("POST", TEAM + "/transfer", owner, this::transfer),
                new Route("GET", "/v1/users/search", new Access.Session(Role.ADMIN), this::search));
    }

    /// 200: the caller's teams with the role, by the time of joining.
    private Reply list(Call call) {
        var all = new ArrayList<Object>();
        for (var membership : teams.of(call.principal().user()))
            all.add(json(membership.team(), membership.role()));
        return Reply.ok(all);
    }

    /// 201: the caller owns it; 400.
    private Reply create(Call call) throws IOException {
        var name = name(call.body());
        var caller = call.principal();
        var team = teams.create(name, caller.user(), caller.actor());
        accounts.tellCreated(caller, name);
        return Reply.json(201, json(team, Role.OWNER));
    }

    /// 200: the team and its members.
    private Reply show(Call call) {
        var id = team(call);
        var team = teams.find(id).orElseThrow(TeamRoutes::noTeam);
        var json = new LinkedHashMap<String, Object>();
        json.put("team", TeamJson.of(team));
        json.put("members", teams.members(id).stream().map(TeamRoutes::json).toList());
        return Reply.ok(json);
    }

    /// 204; 400.
    private Reply rename(Call call) throws IOException {
        var name = name(call.body());
        if (!teams.rename(team(call), name, call.principal().actor())) throw noTeam();
        return Reply.noContent();
    }

    /// 204: gone for everybody; what it has is removed in the background.
    private Reply delete(Call call) {
        if (!teams.delete(team(call), call.principal().actor())) throw noTeam();
        return Reply.noContent();
    }

    /// 200: what the team has and may have.
    private Reply usage(Call call) {
        return Reply.ok(TeamJson.of(teams.usage(team(call), limits.team())));
    }

    /// 200.
    private Reply members(Call call) {
        return Reply.ok(teams.members(team(call)).stream().map(TeamRoutes::json).toList());
    }

    /// 201; 400 for a member, 404 without an active account.
    private Reply add(Call call) throws IOException {
        var email = Email.normal(call.body().required("email"));
        throttle.user(Throttle.Kind.SEARCH, call.principal());
        return switch (teams.add(team(call), email, call.principal().actor())) {
            case TeamStore.Added.Done(var member) -> {
                teams.find(team(call)).ifPresent(team -> accounts.tellAdded(email, team.name()));
                yield Reply.json(201, json(member));
            }
            case TeamStore.Added.NoAccount _ ->
                    error(404, "not_found", "no active account with this e-mail address");
            case TeamStore.Added.AlreadyMember _ ->
                    error(400, "invalid_request", "email: a member already");
        };
    }

    /// 204; 400 for a role that cannot be given, 403 for the owner, 404.
    private Reply setRole(Call call) throws IOException {
        var role =
                Role.ofWire(call.body().required("role"))
                        .filter(r -> r != Role.OWNER)
                        .orElseThrow(() -> ApiException.invalid("role: expected admin or member"));
        return changed(teams.setRole(team(call), user(call), role, call.principal().actor()));
    }

    /// 204: rights, keys and terminals end at once; 403 for the owner, 404.
    private Reply remove(Call call) {
        return changed(teams.remove(team(call), user(call), false, call.principal().actor()));
    }

    /// 204; 403 for the owner.
    private Reply leave(Call call) {
        var caller = call.principal();
        return changed(teams.remove(team(call), caller.user(), true, caller.actor()));
    }

    /// 204: the member owns the team, the caller is an admin; 400, 404.
    private Reply transfer(Call call) throws IOException {
        var caller = call.principal();
        var to = UserId.parse(call.body().required("user_id"));
        return switch (teams.transfer(team(call), caller.user(), to, caller.actor())) {
            case DONE -> Reply.noContent();
            case NOT_FOUND -> error(404, "not_found", "no member of the team");
            case OWNER -> error(400, "invalid_request", "user_id: owns the team already");
        };
    }

    /// 200: active accounts whose address begins so; 400, 429.
    private Reply search(Call call) {
        var prefix = call.query("email").orElse("").strip().toLowerCase(Locale.ROOT);
        if (prefix.length() < SHORTEST_PREFIX
                || prefix.length() > LONGEST_PREFIX
                || prefix.indexOf('\0') >= 0
                || !prefix.contains("@"))
            throw ApiException.invalid("email: expected 3 or more characters with an @");
        throttle.user(Throttle.Kind.SEARCH, call.principal());
        var found = new ArrayList<Object>();
        for (var candidate : teams.search(prefix, MOST_FOUND)) {
            var json = new LinkedHashMap<String, Object>();
            json.put("user_id", candidate.user().toString());
            json.put("email", candidate.email());
            found.add(json);
        }
        return Reply.ok(found);
    }

    private static Reply changed(TeamStore.Change change) {
        return switch (change) {
            case DONE -> Reply.noContent();
            case NOT_FOUND -> error(404, "not_found", "no member of the team");
            case OWNER ->
                    error(403, "forbidden", "the owner stays the owner: transfer the team first");
        };
    }

    private static TeamId team(Call call) {
        return Call.team(call.id());
    }

    private static UserId user(Call call) {
        return UserId.parse(call.path("uid"));
    }

    private static String name(Fields body) {
        var name = body.required("name").strip();
        if (!TeamName.valid(name))
            throw ApiException.invalid(
                    "name: expected 1 to 128 letters, digits or _-@' and blanks");
        return name;
    }

    private static ApiException noTeam() {
        return new ApiException(404, "not_found", "team not found");
    }

    private static Reply error(int status, String code, String message) {
        return Reply.error(new ApiError(status, code, message));
    }

    private static Map<String, Object> json(Team team, Role role) {
        var json = TeamJson.of(team);
        json.put("role", role.wire());
        return json;
    }

    private static Map<String, Object> json(Member member) {
        var json = new LinkedHashMap<String, Object>();
        json.put("user_id", member.user().toString());
        json.put("name", member.name());
        json.put("email", member.email());
        json.put("role", member.role().wire());
        json.put("joined_at", member.joinedAt().toString());
        return json;
    }
}
