package dev.wrenn.control.images;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/// Digests as images write them: `sha256:` and 64 hex digits.
final class Digests {
    private static final Pattern FORM = Pattern.compile("sha256:[0-9a-f]{64}");

    private Digests() {}

    static boolean valid(String text) {
        return FORM.matcher(text).matches();
    }

    /// @throws ImageException for another algorithm or no digest at all
    static String checked(String text) throws ImageException {
        if (!valid(text)) throw new ImageException("digest: expected sha256 and 64 hex digits");
        return text;
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }

    static String of(MessageDigest digest) {
        return "sha256:" + HexFormat.of().formatHex(digest.digest());
    }

    static String of(byte[] content) {
        var digest = sha256();
        digest.update(content);
        return of(digest);
    }
}
