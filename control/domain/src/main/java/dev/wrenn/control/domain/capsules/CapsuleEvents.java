package dev.wrenn.control.domain.capsules;

/// Told of each stored change. Implementations neither block nor throw; what they pass on may be
/// lost, the truth is the row.
public interface CapsuleEvents {
    /// @param row as stored
    void changed(CapsuleRow row);
}
