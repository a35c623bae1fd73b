package dev.wrenn.control.domain.templates;

import java.util.Locale;
import java.util.Optional;

/// What a template holds.
public enum TemplateType {
    /// A disk image: capsules boot.
    BASE,
    /// Disk, memory and device state: capsules are restored.
    SNAPSHOT;

    /// The lowercase word on the wire.
    public String wire() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// @return empty for another word
    public static Optional<TemplateType> ofWire(String word) {
        for (var type : values()) if (type.wire().equals(word)) return Optional.of(type);
        return Optional.empty();
    }
}
