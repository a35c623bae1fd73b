package dev.wrenn.common.model;

import java.util.UUID;

/// An audit entry's id: `log-` and 25 characters of base 36.
public record AuditEntryId(UUID value) implements WireId {
    private static final String PREFIX = "log-";

    /// A new random id (version 4).
    public static AuditEntryId random() {
        return new AuditEntryId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static AuditEntryId parse(String text) {
        return new AuditEntryId(WireId.parse(PREFIX, "audit entry", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
