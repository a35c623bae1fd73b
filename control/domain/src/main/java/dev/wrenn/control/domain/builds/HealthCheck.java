package dev.wrenn.control.domain.builds;

import java.time.Duration;

/// What must succeed before the live capsule becomes a template.
///
/// @param retries after the first failure; 0: until the longest wait has passed
public record HealthCheck(
        Duration interval, Duration timeout, Duration startPeriod, int retries, String command) {
    /// Where `retries` sets no end.
    static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int MOST_RETRIES = 10_000;
    private static final Duration LONGEST_SPAN = Duration.ofHours(1);
    private static final int LONGEST_TEXT = 64 << 10;

    /// Reads `[--interval=3s] [--timeout=10s] [--start-period=0s] [--retries=0] command`.
    ///
    /// @throws BadRecipe of line 0
    public static HealthCheck parse(String text) throws BadRecipe {
        if (text.length() > LONGEST_TEXT) throw bad("too long");
        if (text.indexOf('\0') >= 0) throw bad("a NUL character");
        var interval = Duration.ofSeconds(3);
        var timeout = Duration.ofSeconds(10);
        var start = Duration.ZERO;
        int retries = 0;
        var rest = text.strip();
        while (rest.startsWith("--")) {
            int end = 0;
            while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) end++;
            var flag = rest.substring(0, end);
            rest = rest.substring(end).strip();
            int equals = flag.indexOf('=');
            var value = equals < 0 ? "" : flag.substring(equals + 1);
            switch (equals < 0 ? flag : flag.substring(0, equals)) {
                case "--interval" -> interval = span("--interval", value, false);
                case "--timeout" -> timeout = span("--timeout", value, false);
                case "--start-period" -> start = span("--start-period", value, true);
                case "--retries" -> retries = count(value);
                default ->
                        throw bad(
                                "unknown option (expected: --interval, --timeout, --start-period"
                                        + " or --retries)");
            }
        }
        if (rest.isEmpty()) throw bad("expected a command");
        return new HealthCheck(interval, timeout, start, retries, rest);
    }

    /// How long all of it may take.
    Duration deadline() {
        return retries == 0
                ? LONGEST
                : startPeriod.plus(interval.multipliedBy(retries + 1L)).plus(timeout);
    }

    private static Duration span(String flag, String value, boolean zero) throws BadRecipe {
        var span = Spans.parse(value);
        if (span.isEmpty()
                || span.get().isZero() && !zero
                || span.get().compareTo(LONGEST_SPAN) > 0)
            throw bad(flag + ": expected a duration such as 5s or 1m");
        return span.get();
    }

    private static int count(String value) throws BadRecipe {
        if (!value.matches("\\d{1,5}") || Integer.parseInt(value) > MOST_RETRIES)
            throw bad("--retries: expected 0.." + MOST_RETRIES);
        return Integer.parseInt(value);
    }

    private static BadRecipe bad(String message) {
        return new BadRecipe(0, message);
    }
}
