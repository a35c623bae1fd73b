package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;

/// Something happened to a capsule.
public sealed interface Change {
    /// It is new, or different from before.
    record Changed(CapsuleView capsule) implements Change {}

    /// It is gone.
    ///
    /// @param incarnation which life of the id
    record Removed(CapsuleId id, long incarnation) implements Change {}
}
