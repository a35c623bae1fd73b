package dev.wrenn.control.domain.identity;

import java.util.Optional;

/// What an API key may be used for.
public enum KeyScope {
    /// Everything that API keys may at all.
    FULL("full"),
    /// Looking at capsules and templates.
    READ_ONLY("read-only"),
    /// Using capsules that are there: commands, terminals, files.
    EXEC_ONLY("exec-only");

    private final String wire;

    KeyScope(String wire) {
        this.wire = wire;
    }

    public String wire() {
        return wire;
    }

    public static Optional<KeyScope> ofWire(String text) {
        for (var scope : values()) if (scope.wire.equals(text)) return Optional.of(scope);
        return Optional.empty();
    }
}
