package dev.wrenn.common.model;

import java.util.UUID;

/// A template build's id: `bld-` and 25 characters of base 36.
public record BuildId(UUID value) implements WireId {
    private static final String PREFIX = "bld-";

    /// A new random id (version 4).
    public static BuildId random() {
        return new BuildId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static BuildId parse(String text) {
        return new BuildId(WireId.parse(PREFIX, "build", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
