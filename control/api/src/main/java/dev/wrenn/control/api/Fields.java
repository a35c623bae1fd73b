package dev.wrenn.control.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The fields of a JSON object from a client. Unknown ones are ignored, `null` counts as absent, a
/// wrong type is a 400 that names the field.
record Fields(JsonNode object) {
    /// @throws ApiException 400 unless it is a JSON object
    static Fields of(JsonNode node) {
        if (!node.isObject()) throw ApiException.invalid("body: expected a JSON object");
        return new Fields(node);
    }

    private Optional<JsonNode> field(String name) {
        return Optional.ofNullable(object.get(name)).filter(n -> !n.isNull());
    }

    Optional<String> text(String name) {
        return field(name).map(n -> text(name, n));
    }

    /// A text that must be there and not be empty.
    String required(String name) {
        return text(name)
                .filter(t -> !t.isEmpty())
                .orElseThrow(() -> ApiException.invalid(name + ": missing"));
    }

    boolean has(String name) {
        return field(name).isPresent();
    }

    Optional<Fields> object(String name) {
        var node = field(name);
        if (node.isEmpty()) return Optional.empty();
        if (!node.get().isObject()) throw ApiException.invalid(name + ": expected an object");
        return Optional.of(new Fields(node.get()));
    }

    long integer(String name, long fallback) {
        var node = field(name);
        if (node.isEmpty()) return fallback;
        if (!node.get().isIntegralNumber() || !node.get().canConvertToLong())
            throw ApiException.invalid(name + ": expected an integer");
        return node.get().longValue();
    }

    boolean flag(String name) {
        var node = field(name);
        if (node.isEmpty()) return false;
        if (!node.get().isBoolean()) throw ApiException.invalid(name + ": expected true or false");
        return node.get().booleanValue();
    }

    List<String> texts(String name) {
        var node = field(name);
        if (node.isEmpty()) return List.of();
        if (!node.get().isArray()) throw ApiException.invalid(name + ": expected an array");
        var all = new ArrayList<String>();
        for (var item : node.get()) all.add(text(name, item));
        return all;
    }

    List<Fields> objects(String name) {
        var node = field(name);
        if (node.isEmpty()) return List.of();
        if (!node.get().isArray()) throw ApiException.invalid(name + ": expected an array");
        var all = new ArrayList<Fields>();
        for (var item : node.get()) {
            if (!item.isObject()) throw ApiException.invalid(name + ": expected objects");
            all.add(new Fields(item));
        }
        return all;
    }

    Map<String, String> map(String name) {
        var node = field(name);
        if (node.isEmpty()) return Map.of();
        if (!node.get().isObject()) throw ApiException.invalid(name + ": expected an object");
        var all = new LinkedHashMap<String, String>();
        for (var entry : node.get().properties())
            all.put(entry.getKey(), text(name, entry.getValue()));
        return all;
    }

    private static String text(String name, JsonNode node) {
        if (!node.isString()) throw ApiException.invalid(name + ": expected text");
        var text = node.stringValue();
        if (!storable(text))
            throw ApiException.invalid(name + ": no text (it holds NUL or half a character)");
        return text;
    }

    /// Neither PostgreSQL nor a program's argument holds NUL, and half a surrogate pair is no
    /// character at all.
    private static boolean storable(String text) {
        return text.codePoints()
                .allMatch(c -> c != 0 && Character.getType(c) != Character.SURROGATE);
    }
}
