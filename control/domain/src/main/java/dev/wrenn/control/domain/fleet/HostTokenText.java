package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.runtime.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Registration and refresh tokens of hosts: 64 hex digits, of which only the SHA-256 is stored.
public final class HostTokenText {
    private static final int BYTES = 32;
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{64}");

    private HostTokenText() {}

    /// A new one.
    ///
    /// @param random must be fit for secrets
    public static Secret random(RandomGenerator random) {
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return new Secret(HexFormat.of().formatHex(bytes));
    }

    public static boolean valid(String text) {
        return FORM.matcher(text).matches();
    }

    /// What is stored of it.
    public static String hash(String token) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(digest.digest(token.getBytes(StandardCharsets.US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }
}
