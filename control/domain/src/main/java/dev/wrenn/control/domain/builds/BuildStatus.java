package dev.wrenn.control.domain.builds;

import java.util.Locale;
import java.util.Optional;

/// Where a build is.
public enum BuildStatus {
    PENDING,
    RUNNING,
    SUCCESS,
    FAILED,
    CANCELLED;

    /// The lowercase word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return empty for another word
    public static Optional<BuildStatus> ofWire(String word) {
        for (var status : values()) if (status.wire().equals(word)) return Optional.of(status);
        return Optional.empty();
    }

    /// Nothing changes it any more.
    public boolean isFinal() {
        return this != PENDING && this != RUNNING;
    }
}
