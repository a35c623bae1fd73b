package dev.wrenn.common.model;

import java.util.UUID;

/// A host's id: `host-` and 25 characters of base 36.
public record HostId(UUID value) implements WireId {
    private static final String PREFIX = "host-";

    /// A new random id (version 4).
    public static HostId random() {
        return new HostId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static HostId parse(String text) {
        return new HostId(WireId.parse(PREFIX, "host", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
