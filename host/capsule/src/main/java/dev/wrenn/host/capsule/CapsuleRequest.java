package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.time.Duration;
import java.util.Map;

/// A capsule to create.
///
/// @param incarnation which life of the id this is; repeats of the same one are the same request
/// @param user default user of commands
/// @param env default variables of commands
public record CapsuleRequest(
        CapsuleId id,
        long incarnation,
        TeamId team,
        TemplateId template,
        CapsuleSpec spec,
        String user,
        Map<String, String> env) {
    public CapsuleRequest {
        env = Map.copyOf(env);
    }

    /// The same capsule in another life.
    CapsuleRequest as(long newIncarnation, Duration idleTimeout) {
        var same = new CapsuleSpec(spec.vcpus(), spec.memory(), spec.disk(), idleTimeout);
        return new CapsuleRequest(id, newIncarnation, team, template, same, user, env);
    }
}
