package dev.wrenn.control.api;

import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.network.CapsuleNetwork;
import dev.wrenn.control.domain.network.Networks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `/v1/capsules/{id}/network` and `/v1/teams/{id}/network`: where capsules may connect to.
final class NetworkRoutes {
    private static final String CAPSULE = "/v1/capsules/{id}/network";
    private static final String TEAM = "/v1/teams/{id}/network";

    private final Networks networks;

    NetworkRoutes(Networks networks) {
        this.networks = networks;
    }

    List<Route> routes() {
        return List.of(
                new Route("GET", CAPSULE, TeamAccess.LOOK_AT_ONE, this::show),
                new Route("PUT", CAPSULE, TeamAccess.CHANGE, this::change),
                new Route("GET", TEAM, new Access.OwnTeam(Role.MEMBER), this::showTeam),
                new Route("PUT", TEAM, new Access.OwnTeam(Role.ADMIN), this::changeTeam));
    }

    /// 200; 400, 404.
    private Reply show(Call call) {
        return networks.ofCapsule(call.principal().team(), call.capsule())
                .map(now -> Reply.ok(json(now)))
                .orElseGet(NetworkRoutes::unknown);
    }

    /// 200: stored, and in force unless it says otherwise; 400, 404.
    private Reply change(Call call) throws IOException, InterruptedException {
        var id = call.capsule();
        var caller = call.principal();
        if (networks.ofCapsule(caller.team(), id).isEmpty()) return unknown();
        var policy = policy(call.body());
        return networks.setCapsule(caller.team(), id, policy, caller.actor())
                .map(now -> Reply.ok(json(now)))
                .orElseGet(NetworkRoutes::unknown);
    }

    /// 200; 404.
    private Reply showTeam(Call call) {
        return networks.ofTeam(call.principal().team())
                .map(policy -> Reply.ok(json(policy)))
                .orElseGet(() -> Reply.error(ErrorTable.NO_TEAM));
    }

    /// 200: stored, and hosts are told; 400, 404.
    private Reply changeTeam(Call call) throws IOException, InterruptedException {
        var caller = call.principal();
        var policy = policy(call.body());
        return networks.setTeam(caller.team(), policy, caller.actor())
                ? Reply.ok(json(policy))
                : Reply.error(ErrorTable.NO_TEAM);
    }

    private static Reply unknown() {
        return Reply.error(ErrorTable.NO_SANDBOX);
    }

    /// What is left out takes nothing away.
    private static EgressPolicy policy(Fields body) {
        var word = body.text("default").orElse("allow");
        if (!word.equals("allow") && !word.equals("deny"))
            throw ApiException.invalid("default: expected allow or deny");
        try {
            var rules = new ArrayList<EgressRule>();
            for (var rule : body.objects("rules"))
                rules.add(
                        EgressRule.of(
                                rule.required("action"),
                                rule.required("to"),
                                rule.text("protocol").orElse("any"),
                                rule.text("ports").orElse(null)));
            return new EgressPolicy(
                    word.equals("allow"),
                    rules,
                    limit(body, "bandwidth_mbit"),
                    limit(body, "max_connections"));
        } catch (IllegalArgumentException e) {
            throw ApiException.invalid("policy: " + e.getMessage());
        }
    }

    private static int limit(Fields body, String name) {
        long value = body.integer(name, 0);
        if (body.has(name) && value < 1 || value > Integer.MAX_VALUE)
            throw ApiException.invalid(name + ": expected 1 or more, or nothing for no limit");
        return (int) value;
    }

    private static Map<String, Object> json(CapsuleNetwork network) {
        var json = new LinkedHashMap<String, Object>();
        json.put("policy", json(network.egress().own()));
        json.put("team_policy", json(network.egress().team()));
        json.put("in_force", network.inForce());
        return json;
    }

    private static Map<String, Object> json(EgressPolicy policy) {
        var json = new LinkedHashMap<String, Object>();
        json.put("default", policy.allowByDefault() ? "allow" : "deny");
        json.put("rules", policy.rules().stream().map(NetworkRoutes::json).toList());
        if (policy.megabits() > 0) json.put("bandwidth_mbit", policy.megabits());
        if (policy.connections() > 0) json.put("max_connections", policy.connections());
        return json;
    }

    private static Map<String, Object> json(EgressRule rule) {
        var json = new LinkedHashMap<String, Object>();
        json.put("action", rule.action());
        json.put("to", rule.to().toString());
        json.put("protocol", rule.protocol().toString());
        var ports = rule.ports();
        if (ports != null) json.put("ports", ports.toString());
        return json;
    }
}
