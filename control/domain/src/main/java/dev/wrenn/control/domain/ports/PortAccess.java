package dev.wrenn.control.domain.ports;

import java.util.Locale;
import java.util.Optional;

/// Who may use the ports of a capsule.
public enum PortAccess {
    /// Whoever knows the id, which nobody can guess.
    PUBLIC,
    /// Who shows an API key of the capsule's team, or a link made with one.
    PRIVATE;

    /// The word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return empty for any other word
    public static Optional<PortAccess> ofWire(String word) {
        for (var access : values()) if (access.wire().equals(word)) return Optional.of(access);
        return Optional.empty();
    }
}
