package dev.wrenn.common.connect;

import java.time.Duration;
import java.util.Locale;

/// Header names and values of the protocol.
final class Headers {
    static final String CONTENT_TYPE = "Content-Type";
    static final String CONTENT_ENCODING = "Content-Encoding";
    static final String ACCEPT_ENCODING = "Accept-Encoding";
    static final String STREAM_ENCODING = "Connect-Content-Encoding";
    static final String STREAM_ACCEPT_ENCODING = "Connect-Accept-Encoding";
    static final String VERSION = "Connect-Protocol-Version";
    static final String VERSION_1 = "1";
    static final String TIMEOUT = "Connect-Timeout-Ms";
    static final String IDENTITY = "identity";
    static final String JSON = "application/json";

    /// Prefix of trailing metadata among the headers of a unary response.
    static final String TRAILER = "trailer-";

    private static final int TIMEOUT_DIGITS = 10; // the protocol's bound
    private static final long LONGEST_TIMEOUT_MS = 9_999_999_999L;

    private Headers() {}

    /// Value of `Connect-Timeout-Ms`: whole milliseconds rounded up, cut to ten digits.
    static String timeout(Duration span) {
        long ms = LONGEST_TIMEOUT_MS;
        if (span.compareTo(Duration.ofMillis(LONGEST_TIMEOUT_MS)) < 0)
            ms = span.plusNanos(999_999).toMillis();
        return Long.toString(Math.max(0, ms));
    }

    /// @throws ConnectException `invalid_argument` unless it is 1 to 10 decimal digits
    static Duration parseTimeout(String value) {
        boolean good = !value.isEmpty() && value.length() <= TIMEOUT_DIGITS;
        for (int i = 0; good && i < value.length(); i++)
            good = value.charAt(i) >= '0' && value.charAt(i) <= '9';
        if (!good)
            throw new ConnectException(
                    Code.INVALID_ARGUMENT,
                    TIMEOUT + ": " + shown(value) + " (expected: 1 to 10 digits)");
        return Duration.ofMillis(Long.parseLong(value));
    }

    /// True for `type` itself, and for JSON also with the parameter `charset=utf-8`.
    static boolean isType(String header, String type) {
        int end = header.indexOf(';');
        var bare = (end < 0 ? header : header.substring(0, end)).strip();
        if (!bare.equalsIgnoreCase(type)) return false;
        if (end < 0) return true;
        if (!type.endsWith("json")) return false;
        var parameter = header.substring(end + 1).replace("\"", "").replace(" ", "");
        return parameter.isEmpty() || parameter.toLowerCase(Locale.ROOT).equals("charset=utf-8");
    }

    /// A peer's text cut to a length that suits a message.
    static String shown(String value) {
        return value.length() <= 64 ? value : value.substring(0, 64) + "…";
    }
}
