package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.util.List;

/// Something happened to a capsule.
public sealed interface Change {
    /// It is new, or different from before.
    record Changed(CapsuleView capsule) implements Change {}

    /// It is gone.
    ///
    /// @param incarnation which life of the id
    record Removed(CapsuleId id, long incarnation) implements Change {}

    /// It tried to go where it may not.
    ///
    /// @param packets refused since that was told last
    /// @param flows samples: `tcp 10.0.0.1 22`
    record Denied(CapsuleId id, long incarnation, long packets, List<String> flows)
            implements Change {
        public Denied {
            flows = List.copyOf(flows);
        }
    }
}
