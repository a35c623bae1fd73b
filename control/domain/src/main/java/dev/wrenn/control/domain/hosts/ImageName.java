package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;

/// Whose image it is.
public sealed interface ImageName {
    /// Of a paused capsule.
    record OfCapsule(CapsuleId id) implements ImageName {}

    /// Of a template that was made on a host.
    ///
    /// @param team that owns it
    record OfTemplate(TeamId team, TemplateId id) implements ImageName {}

    /// The name as a path, the same wherever it is used.
    default String path() {
        return switch (this) {
            case OfCapsule(var id) -> "capsules/" + id;
            case OfTemplate(var team, var id) -> "templates/" + team.value() + "/" + id.value();
        };
    }
}
