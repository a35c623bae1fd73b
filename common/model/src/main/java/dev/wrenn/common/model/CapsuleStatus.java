package dev.wrenn.common.model;

import java.util.Locale;
import java.util.Optional;

/// The complete list of statuses a client can see; clients are strict about it.
public enum CapsuleStatus {
    PENDING,
    STARTING,
    RUNNING,
    PAUSED,
    HIBERNATED,
    STOPPED,
    MISSING,
    ERROR;

    /// The lowercase word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Stopped and error are final: nothing leads out of them.
    public boolean isFinal() {
        return this == STOPPED || this == ERROR;
    }

    /// @return empty for a word that is not in the list
    public static Optional<CapsuleStatus> ofWire(String word) {
        for (var status : values()) if (status.wire().equals(word)) return Optional.of(status);
        return Optional.empty();
    }
}
