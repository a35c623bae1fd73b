package dev.wrenn.host.agent;

import java.util.HexFormat;
import java.util.function.IntSupplier;

/// Names for processes whose caller gave none.
final class Tags {
    private final IntSupplier random;

    /// @param random any 32 bits
    Tags(IntSupplier random) {
        this.random = random;
    }

    /// @param kind first part of the name
    /// @return the kind, a hyphen and 8 hexadecimal digits
    String next(String kind) {
        return kind + "-" + HexFormat.of().toHexDigits(random.getAsInt());
    }
}
