package dev.wrenn.control.domain.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// The text of API keys: `wrn_` and 32 lowercase hexadecimal digits.
public final class ApiKeyText {
    private static final Pattern PATTERN = Pattern.compile("wrn_[0-9a-f]{32}");
    private static final int PREFIX_LENGTH = 10;

    private ApiKeyText() {}

    /// True for a text of the right form.
    public static boolean valid(String text) {
        return PATTERN.matcher(text).matches();
    }

    /// A new key.
    ///
    /// @param random cryptographically strong
    public static String generate(RandomGenerator random) {
        var bytes = new byte[16];
        random.nextBytes(bytes);
        return "wrn_" + HexFormat.of().formatHex(bytes);
    }

    /// What is stored: lowercase hexadecimal SHA-256 of the whole text.
    public static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java platform has SHA-256
        }
    }

    /// The part that may be shown.
    public static String prefix(String text) {
        return text.substring(0, PREFIX_LENGTH);
    }
}
