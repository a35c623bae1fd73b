package dev.wrenn.common.model;

import java.util.UUID;

/// A capsule's id: `cl-` and 25 characters of base 36.
public record CapsuleId(UUID value) implements WireId {
    private static final String PREFIX = "cl-";

    /// A new random id (version 4).
    public static CapsuleId random() {
        return new CapsuleId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static CapsuleId parse(String text) {
        return new CapsuleId(WireId.parse(PREFIX, "sandbox", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
