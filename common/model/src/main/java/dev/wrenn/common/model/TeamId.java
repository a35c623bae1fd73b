package dev.wrenn.common.model;

import java.util.UUID;

/// A team's id; the zero UUID is the platform team: `team-` and 25 characters of base 36.
public record TeamId(UUID value) implements WireId {
    /// Owner of shared templates; it can never be joined or deleted.
    public static final TeamId PLATFORM = new TeamId(ZERO);

    private static final String PREFIX = "team-";

    /// A new random id (version 4).
    public static TeamId random() {
        return new TeamId(UUID.randomUUID());
    }

    /// @throws InvalidIdException when the text is not of this kind
    public static TeamId parse(String text) {
        return new TeamId(WireId.parse(PREFIX, "team", text));
    }

    @Override
    public String toString() {
        return PREFIX + base36();
    }
}
