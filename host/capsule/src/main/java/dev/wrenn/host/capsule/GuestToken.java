package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Secret;
import java.security.SecureRandom;
import java.util.HexFormat;

/// What a guest asks for from everyone who talks to it.
final class GuestToken {
    private static final int BYTES = 32;
    private static final SecureRandom RANDOM = new SecureRandom();

    private GuestToken() {}

    /// A new one.
    static Secret random() {
        var bytes = new byte[BYTES];
        RANDOM.nextBytes(bytes);
        return new Secret(HexFormat.of().formatHex(bytes));
    }
}
