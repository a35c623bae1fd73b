package dev.wrenn.control.store;

import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// Policies as they are stored; rules in their text form.
///
/// @param allowByDefault what holds where no rule fits
/// @param megabits 0: no limit
/// @param connections 0: no limit
record PolicyJson(boolean allowByDefault, List<String> rules, int megabits, int connections) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /// @return null for one that takes nothing away
    static @Nullable String write(EgressPolicy policy) {
        if (policy.isOpen()) return null;
        return JSON.writeValueAsString(
                new PolicyJson(
                        policy.allowByDefault(),
                        policy.rules().stream().map(EgressRule::toString).toList(),
                        policy.megabits(),
                        policy.connections()));
    }

    static EgressPolicy read(@Nullable String stored) {
        if (stored == null) return EgressPolicy.OPEN;
        var json = JSON.readValue(stored, PolicyJson.class);
        return new EgressPolicy(
                json.allowByDefault,
                json.rules.stream().map(EgressRule::parse).toList(),
                json.megabits,
                json.connections);
    }
}
