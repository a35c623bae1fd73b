package dev.wrenn.common.runtime;

import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/// Settings from the environment, read once at start. Every problem is a [ConfigException] that
/// names the variable, its value (unless secret) and what was expected. Not thread-safe.
public final class Env {
    private final Map<String, String> values;
    private final Set<String> read = new HashSet<>();

    public Env(Map<String, String> values) {
        this.values = Map.copyOf(values);
    }

    /// A wrong or missing setting.
    public static final class ConfigException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public ConfigException(String message) {
            super(message);
        }
    }

    /// @return empty when unset or blank
    public Optional<String> optional(String name) {
        read.add(name);
        return Optional.ofNullable(values.get(name)).map(String::strip).filter(v -> !v.isEmpty());
    }

    /// @throws ConfigException when unset or blank
    public String required(String name) {
        return optional(name).orElseThrow(() -> new ConfigException(name + ": not set"));
    }

    /// The value, or `fallback` when unset.
    public String text(String name, String fallback) {
        return optional(name).orElse(fallback);
    }

    /// A whole number within bounds, both inclusive.
    public int integer(String name, int fallback, int least, int most) {
        var text = optional(name);
        if (text.isEmpty()) return fallback;
        try {
            int value = Integer.parseInt(text.get());
            if (value >= least && value <= most) return value;
        } catch (NumberFormatException e) {
            // answered below together with values out of bounds
        }
        throw new ConfigException(
                name + ": " + text.get() + " (expected: " + least + ".." + most + ")");
    }

    /// A span such as `500ms`, `2s`, `5m`, `1h`.
    public Duration duration(String name, Duration fallback) {
        var text = optional(name);
        if (text.isEmpty()) return fallback;
        var match = java.util.regex.Pattern.compile("(\\d{1,9})(ms|s|m|h)").matcher(text.get());
        if (!match.matches())
            throw new ConfigException(
                    name + ": " + text.get() + " (expected: a span such as 500ms, 2s, 5m or 1h)");
        long amount = Long.parseLong(match.group(1));
        return switch (match.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    /// A path, or `fallback` when unset.
    public Path path(String name, Path fallback) {
        return optional(name).map(Path::of).orElse(fallback);
    }

    /// Rejects variables with this prefix that nobody has read: they are misspelt or obsolete.
    public void rejectUnknown(String prefix) {
        var unknown = new TreeSet<String>();
        for (var name : values.keySet())
            if (name.startsWith(prefix) && !read.contains(name)) unknown.add(name);
        if (!unknown.isEmpty())
            throw new ConfigException("unknown settings: " + String.join(", ", unknown));
    }
}
