package dev.wrenn.control.domain.ports;

import dev.wrenn.common.model.CapsuleId;
import java.util.Optional;

/// The ports of stored capsules. Thread-safe.
public interface PortStore {
    Optional<PortRow> find(CapsuleId id);

    /// Changes how they are served, from the next request on.
    ///
    /// @return the row as stored; empty when there is no such capsule
    Optional<PortRow> configure(CapsuleId id, PortSettings settings);
}
