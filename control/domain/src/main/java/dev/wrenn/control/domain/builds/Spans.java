package dev.wrenn.control.domain.builds;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/// Durations as people write them: `90s`, `5m`, `1h30m`, `500ms`.
final class Spans {
    private static final Pattern PART = Pattern.compile("(\\d{1,9})(ms|s|m|h)");
    private static final Pattern WHOLE = Pattern.compile("(?:" + PART.pattern() + ")+");

    private Spans() {}

    /// @return empty for anything else
    static Optional<Duration> parse(String text) {
        if (!WHOLE.matcher(text).matches()) return Optional.empty();
        var sum = Duration.ZERO;
        var parts = PART.matcher(text);
        while (parts.find()) {
            long count = Long.parseLong(parts.group(1));
            sum =
                    sum.plus(
                            switch (parts.group(2)) {
                                case "ms" -> Duration.ofMillis(count);
                                case "s" -> Duration.ofSeconds(count);
                                case "m" -> Duration.ofMinutes(count);
                                default -> Duration.ofHours(count);
                            });
        }
        return Optional.of(sum);
    }
}
