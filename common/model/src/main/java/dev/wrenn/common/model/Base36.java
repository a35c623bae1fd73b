package dev.wrenn.common.model;

import java.math.BigInteger;
import java.util.Optional;
import java.util.UUID;

/// A UUID as one unsigned big-endian integer in base 36: digits `0-9a-z`, padded to 25 characters.
public final class Base36 {
    /// Length of every encoded value: 36^25 is larger than 2^128.
    public static final int LENGTH = 25;

    private static final BigInteger LIMIT = BigInteger.ONE.shiftLeft(128);

    private Base36() {}

    /// @return exactly [#LENGTH] lowercase characters
    public static String encode(UUID value) {
        var number =
                unsigned(value.getMostSignificantBits())
                        .shiftLeft(64)
                        .or(unsigned(value.getLeastSignificantBits()));
        var digits = number.toString(36);
        return "0".repeat(LENGTH - digits.length()) + digits;
    }

    /// @return empty unless the text is 25 characters of `0-9a-z` with a value below 2^128
    public static Optional<UUID> decode(String text) {
        if (text.length() != LENGTH) return Optional.empty();
        for (int i = 0; i < LENGTH; i++) {
            char c = text.charAt(i);
            boolean digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
            if (!digit) return Optional.empty();
        }
        var number = new BigInteger(text, 36);
        if (number.compareTo(LIMIT) >= 0) return Optional.empty();
        return Optional.of(new UUID(number.shiftRight(64).longValue(), number.longValue()));
    }

    private static BigInteger unsigned(long bits) {
        return new BigInteger(Long.toUnsignedString(bits));
    }
}
