package dev.wrenn.common.model;

import java.util.UUID;

/// A user's id: `usr-` and 25 characters of base 36.
public record UserId(UUID value) implements WireId {
    private static final String PREFIX = "usr-";

    /// A new random id (version 4).
    public static UserId random() {
        return new UserId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static UserId parse(String text) {
        return new UserId(WireId.parse(PREFIX, "user", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
