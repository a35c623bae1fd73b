package dev.wrenn.bench;

import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One line of a service's log, JSON.
record LogLine(JsonNode entry) {
    /// @return empty for a line that the logger did not write
    static Optional<LogLine> parse(String line) {
        try {
            return Optional.of(new LogLine(JsonMapper.shared().readTree(line)));
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    boolean says(String message) {
        return entry.path("message").asString("").equals(message);
    }

    /// @return empty text when it has no such key
    String value(String key) {
        for (var pair : entry.path("kvpList")) if (pair.has(key)) return pair.path(key).asString();
        return "";
    }
}
