package dev.wrenn.control.domain.fleet;

import java.util.Locale;
import java.util.Optional;

/// What is known of a host.
public enum HostStatus {
    /// Made, not registered yet.
    PENDING,
    /// Heard of lately.
    ONLINE,
    /// Silent for too long.
    UNREACHABLE;

    /// The lowercase word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return empty for any other word
    public static Optional<HostStatus> ofWire(String word) {
        for (var status : values()) if (status.wire().equals(word)) return Optional.of(status);
        return Optional.empty();
    }
}
