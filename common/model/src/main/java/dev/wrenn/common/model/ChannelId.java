package dev.wrenn.common.model;

import java.util.UUID;

/// A channel's id: `ch-` and 25 characters of base 36.
public record ChannelId(UUID value) implements WireId {
    private static final String PREFIX = "ch-";

    /// A new random id (version 4).
    public static ChannelId random() {
        return new ChannelId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static ChannelId parse(String text) {
        return new ChannelId(WireId.parse(PREFIX, "channel", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
