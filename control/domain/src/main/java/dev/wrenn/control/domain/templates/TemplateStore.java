package dev.wrenn.control.domain.templates;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.util.List;
import java.util.Optional;

/// Templates that capsules can be made of. Thread-safe.
public interface TemplateStore {
    /// The team's own template of this name, or the platform's.
    Optional<Template> byName(TeamId team, String name);

    Optional<Template> byId(TemplateId id);

    /// The team's own and the platform's, newest first.
    List<Template> visibleTo(TeamId team);
}
