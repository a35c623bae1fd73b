package dev.wrenn.control.domain.fleet;

import java.util.Locale;
import java.util.Optional;

/// Whose capsules a host takes.
public enum HostType {
    /// The platform's: for every team that brings none of its own.
    REGULAR,
    /// Brought by a team, for its own capsules only.
    BYOC;

    /// The lowercase word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return empty for any other word
    public static Optional<HostType> ofWire(String word) {
        for (var type : values()) if (type.wire().equals(word)) return Optional.of(type);
        return Optional.empty();
    }
}
