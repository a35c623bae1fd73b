package dev.wrenn.control.api;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.control.domain.identity.ApiKeys;
import dev.wrenn.control.domain.identity.KeyScope;
import dev.wrenn.control.domain.identity.Role;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/v1/api-keys`: the keys of the session's team.
final class KeyRoutes {
    private static final Access SIGNED_IN = new Access.Session(Role.MEMBER);
    private static final String UNNAMED = "Unnamed API Key";
    private static final int LONGEST_NAME = 100;

    private final ApiKeys keys;
    private final InstantSource clock;

    KeyRoutes(ApiKeys keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/api-keys", SIGNED_IN, this::create),
                new Route("GET", "/v1/api-keys", SIGNED_IN, this::list),
                new Route("DELETE", "/v1/api-keys/{id}", SIGNED_IN, this::delete));
    }

    /// 201 with the key itself, this once; 400, 409 with too many keys.
    private Reply create(Call call) throws IOException {
        var body = call.optionalBody();
        var name = body.text("name").map(String::strip).filter(n -> !n.isEmpty()).orElse(UNNAMED);
        boolean odd = name.chars().anyMatch(Character::isISOControl);
        if (name.length() > LONGEST_NAME || odd)
            throw ApiException.invalid("name: expected at most 100 characters");
        var scope = body.text("scope").orElse(KeyScope.FULL.wire());
        var known =
                KeyScope.ofWire(scope)
                        .orElseThrow(() ->
                                ApiException.invalid(
                                        "scope: expected full, read-only or exec-only"));
        return keys.create(call.principal(), name, known, expiry(body))
                .map(made -> {
                    var json = json(made.key());
                    json.put("key", made.text());
                    return Reply.json(201, json);
                })
                .orElseGet(() ->
                        Reply.error(
                                new ApiError(
                                        409,
                                        "conflict",
                                        "the team has " + ApiKeys.PER_TEAM + " keys already")));
    }

    private Optional<Instant> expiry(Fields body) {
        var text = body.text("expires_at");
        if (text.isEmpty()) return Optional.empty();
        try {
            var at = OffsetDateTime.parse(text.get()).toInstant().truncatedTo(ChronoUnit.MICROS);
            if (at.isAfter(clock.instant()) && at.isBefore(Instant.parse("9999-01-01T00:00:00Z")))
                return Optional.of(at);
        } catch (DateTimeException e) {
            // answered below together with times that have passed
        }
        throw ApiException.invalid("expires_at: expected a time to come, as RFC 3339");
    }

    /// 200: newest first, without the keys themselves.
    private Reply list(Call call) {
        return Reply.ok(keys.list(call.principal()).stream().map(KeyRoutes::json).toList());
    }

    /// 204, also for a key that is not there.
    private Reply delete(Call call) {
        keys.delete(call.principal(), ApiKeyId.parse(call.id()));
        return Reply.noContent();
    }

    private static Map<String, Object> json(ApiKeys.Shown key) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", key.id().toString());
        json.put("team_id", key.team().toString());
        json.put("name", key.name());
        json.put("key_prefix", key.prefix());
        json.put("scope", key.scope().wire());
        json.put("created_by", key.createdBy().toString());
        json.put("creator_email", key.creatorEmail());
        json.put("created_at", time(key.createdAt()));
        key.lastUsed().ifPresent(at -> json.put("last_used", time(at)));
        key.expiresAt().ifPresent(at -> json.put("expires_at", time(at)));
        return json;
    }

    private static String time(Instant at) {
        return DateTimeFormatter.ISO_INSTANT.format(at);
    }
}
