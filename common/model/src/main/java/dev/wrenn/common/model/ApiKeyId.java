package dev.wrenn.common.model;

import java.util.UUID;

/// An API key's id, not the key itself: `key-` and 25 characters of base 36.
public record ApiKeyId(UUID value) implements WireId {
    private static final String PREFIX = "key-";

    /// A new random id (version 4).
    public static ApiKeyId random() {
        return new ApiKeyId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static ApiKeyId parse(String text) {
        return new ApiKeyId(WireId.parse(PREFIX, "API key", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
