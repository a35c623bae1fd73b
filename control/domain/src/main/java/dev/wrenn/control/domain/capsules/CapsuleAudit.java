package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What the audit trail is told of a capsule's life. Pure.
public final class CapsuleAudit {
    private static final String PAUSE = "pause";
    private static final String RESUME = "resume";

    private CapsuleAudit() {}

    /// A capsule was stored for the first time.
    public static AuditEntry created(NewCapsule capsule) {
        return Audit.capsule(
                capsule.team(),
                capsule.by(),
                "create",
                capsule.id(),
                Tone.SUCCESS,
                Map.of("template", capsule.template().name()));
    }

    /// A change of state. What somebody asked for is told when it is done, or has failed; what
    /// nobody asked for is the system's.
    ///
    /// @param by who caused the event itself
    static Optional<AuditEntry> of(
            CapsuleRow seen, CapsuleEvent event, CapsuleState next, Facts facts, Actor by) {
        var asker = seen.askedBy();
        return switch (event) {
            case CapsuleEvent.Paused _ -> paused(seen, next, facts);
            case CapsuleEvent.Booted _ when seen.state() instanceof CapsuleState.Starting ->
                    entry(seen, asker, RESUME, Tone.SUCCESS, Map.of());
            case CapsuleEvent.Booted _ when seen.state() instanceof CapsuleState.Paused ->
                    entry(seen, asker, RESUME, Tone.SUCCESS, Map.of());
            case CapsuleEvent.BootFailed(var cause) ->
                    entry(seen, asker, "create", Tone.ERROR, Map.of("cause", cause));
            case CapsuleEvent.PauseFailed(var cause) ->
                    entry(seen, asker, PAUSE, Tone.ERROR, Map.of("cause", cause));
            case CapsuleEvent.ResumeFailed(var cause) ->
                    entry(seen, asker, RESUME, Tone.ERROR, Map.of("cause", cause));
            case CapsuleEvent.ImageLost(var cause) ->
                    entry(seen, asker, RESUME, Tone.ERROR, Map.of("cause", cause));
            case CapsuleEvent.Died(var cause) ->
                    entry(seen, Actor.SYSTEM, "stop", Tone.ERROR, Map.of("cause", cause));
            case CapsuleEvent.Vanished _ when next instanceof CapsuleState.Stopped ->
                    entry(
                            seen,
                            Actor.SYSTEM,
                            "stop",
                            Tone.ERROR,
                            Map.of("cause", next.endCause().orElse("")));
            case CapsuleEvent.Destroyed _ -> entry(seen, by, "destroy", Tone.WARNING, Map.of());
            case CapsuleEvent.Booted _,
                    CapsuleEvent.PauseAsked _,
                    CapsuleEvent.ResumeAsked _,
                    CapsuleEvent.Vanished _,
                    CapsuleEvent.HostLost _ ->
                    Optional.empty();
        };
    }

    /// Pausing was asked for by somebody; from any other state it is the host's doing.
    private static Optional<AuditEntry> paused(CapsuleRow seen, CapsuleState next, Facts facts) {
        if (!(next instanceof CapsuleState.Paused)) return Optional.empty();
        if (seen.state() instanceof CapsuleState.Pausing)
            return entry(seen, seen.askedBy(), PAUSE, Tone.SUCCESS, Map.of());
        var reason = new HashMap<String, String>();
        var known = facts.metadata().get("pause_reason");
        reason.put("reason", known == null ? "found paused" : known);
        return entry(seen, Actor.SYSTEM, PAUSE, Tone.INFO, reason);
    }

    private static Optional<AuditEntry> entry(
            CapsuleRow row, Actor by, String action, Tone tone, Map<String, String> metadata) {
        return Optional.of(Audit.capsule(row.team(), by, action, row.id(), tone, metadata));
    }
}
