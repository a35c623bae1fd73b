package dev.wrenn.control.store;

import java.util.Map;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// Maps of text in JSONB columns.
final class Json {
    private static final JsonMapper MAPPER = new JsonMapper();
    private static final TypeReference<Map<String, String>> TEXTS = new TypeReference<>() {};

    private Json() {}

    static String write(Map<String, String> values) {
        return MAPPER.writeValueAsString(values);
    }

    static Map<String, String> read(String json) {
        return MAPPER.readValue(json, TEXTS);
    }
}
