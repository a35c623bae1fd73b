package dev.wrenn.common.runtime;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/// A text that must not appear in a log, an error or an answer: prints as `***`, compares in
/// constant time. Immutable.
public final class Secret {
    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /// The text itself, for the one place that needs it.
    public String reveal() {
        return value;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret that
                && MessageDigest.isEqual(
                        value.getBytes(StandardCharsets.UTF_8),
                        that.value.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public int hashCode() {
        return 0; // a hash would leak; secrets are not map keys
    }

    @Override
    public String toString() {
        return "***";
    }
}
