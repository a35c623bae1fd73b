package dev.wrenn.control.domain.ports;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Signs and checks what lets its bearer use one port of one capsule for a while:
/// `{expiry}.{signature}`, the Unix second after which it is worthless and HMAC-SHA256 over address
/// and expiry, in base 64. Each capsule has a key of its own. Immutable.
public final class PortToken {
    /// The longest life of a token.
    public static final Duration LONGEST = Duration.ofHours(24);

    /// Its life when nobody says.
    public static final Duration USUAL = Duration.ofHours(1);

    private static final Pattern FORM = Pattern.compile("(\\d{1,12})\\.([A-Za-z0-9_-]{43})");
    private static final String ALGORITHM = "HmacSHA256";

    private final SecretKeySpec key;

    /// @param secret of the capsule, at least 16 random bytes
    public PortToken(byte[] secret) {
        this.key = new SecretKeySpec(secret, ALGORITHM);
    }

    /// A token for this address.
    public String sign(PortAddress.At address, Instant expiry) {
        long second = expiry.getEpochSecond();
        return second + "." + encode(mac(address, second));
    }

    /// Whether a text is a token for this address that is still good.
    public boolean admits(PortAddress.At address, String text, Instant now) {
        var match = FORM.matcher(text);
        if (!match.matches()) return false;
        long expiry = Long.parseLong(match.group(1));
        boolean genuine =
                MessageDigest.isEqual(
                        encode(mac(address, expiry)).getBytes(StandardCharsets.US_ASCII),
                        match.group(2).getBytes(StandardCharsets.US_ASCII));
        return genuine && now.getEpochSecond() < expiry;
    }

    /// When a token that was found good ends.
    public static Instant expiry(String token) {
        return Instant.ofEpochSecond(Long.parseLong(token.substring(0, token.indexOf('.'))));
    }

    private byte[] mac(PortAddress.At address, long expiry) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            var text = "wrenn port 1\n" + address.label() + "\n" + expiry;
            return mac.doFinal(text.getBytes(StandardCharsets.US_ASCII));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(ALGORITHM + " is part of every Java", e);
        }
    }

    private static String encode(byte[] mac) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(mac);
    }

    @Override
    public String toString() {
        return "***";
    }
}
