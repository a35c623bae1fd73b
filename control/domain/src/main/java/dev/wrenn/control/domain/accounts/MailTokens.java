package dev.wrenn.control.domain.accounts;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// The texts that prove that somebody reads an address: 32 hexadecimal digits; only their SHA-256
/// is stored.
final class MailTokens {
    private static final int BYTES = 16;
    private static final Pattern FORM = Pattern.compile("[0-9a-f]{32}");

    private MailTokens() {}

    static String generate(RandomGenerator random) {
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    static boolean valid(String text) {
        return FORM.matcher(text).matches();
    }

    static String hash(String text) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every Java platform has SHA-256
        }
    }
}
