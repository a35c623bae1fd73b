package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/// A capsule to create.
///
/// @param incarnation which life of the id this is; repeats of the same one are the same request
/// @param user default user of commands
/// @param env default variables of commands
/// @param directory where commands run; empty: in the user's home
/// @param entrypoint a program that runs from the start, and its arguments; empty: none
/// @param egress where it may connect to
public record CapsuleRequest(
        CapsuleId id,
        long incarnation,
        TeamId team,
        TemplateId template,
        CapsuleSpec spec,
        String user,
        Map<String, String> env,
        String directory,
        List<String> entrypoint,
        Egress egress) {
    public CapsuleRequest {
        env = Map.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
    }

    /// One that may connect to whatever the platform lets it.
    public CapsuleRequest(
            CapsuleId id,
            long incarnation,
            TeamId team,
            TemplateId template,
            CapsuleSpec spec,
            String user,
            Map<String, String> env) {
        this(id, incarnation, team, template, spec, user, env, "", List.of(), Egress.OPEN);
    }

    /// The same capsule under other policies.
    CapsuleRequest under(Egress policies) {
        return new CapsuleRequest(
                id, incarnation, team, template, spec, user, env, directory, entrypoint, policies);
    }

    /// The same capsule in another life.
    CapsuleRequest as(long newIncarnation, Duration idleTimeout) {
        var same = new CapsuleSpec(spec.vcpus(), spec.memory(), spec.disk(), idleTimeout);
        return new CapsuleRequest(
                id, newIncarnation, team, template, same, user, env, directory, entrypoint, egress);
    }
}
