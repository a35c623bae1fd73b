package dev.wrenn.control.domain.cleanup;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import java.util.List;

/// What deleted teams still have, and teams whose owner was switched off since. Thread-safe.
public interface Remains {
    record OfCapsule(TeamId team, CapsuleId capsule) {}

    record OfTemplate(TeamId team, String name) {}

    List<OfCapsule> capsules(int limit);

    List<OfTemplate> templates(int limit);
}
