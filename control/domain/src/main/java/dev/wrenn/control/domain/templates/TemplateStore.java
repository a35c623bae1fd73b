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

    /// Of a template that is or was ready; those of one that is not known are none.
    GuestDefaults defaults(TemplateId id);

    /// Those of every team, newest first.
    List<Template> all();

    /// The team's own and the platform's, newest first.
    List<Template> visibleTo(TeamId team);
}
