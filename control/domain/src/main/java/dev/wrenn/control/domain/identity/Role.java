package dev.wrenn.control.domain.identity;

import java.util.Optional;

/// What a user is in a team; each role may do all that the ones before it may.
public enum Role {
    MEMBER("member"),
    ADMIN("admin"),
    OWNER("owner");

    private final String wire;

    Role(String wire) {
        this.wire = wire;
    }

    public String wire() {
        return wire;
    }

    /// True when whoever has this role may do what asks for `least`.
    public boolean atLeast(Role least) {
        return compareTo(least) >= 0;
    }

    public static Optional<Role> ofWire(String text) {
        for (var role : values()) if (role.wire.equals(text)) return Optional.of(role);
        return Optional.empty();
    }
}
