package dev.wrenn.control.server;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// Input made from a schema of the contract, and input made to hurt.
final class HostileInput {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private static final List<String> TEXTS =
            List.of(
                    "",
                    " ",
                    "\0",
                    "a\0b",
                    "'; drop table users; --",
                    "\" or \"\"=\"",
                    "%",
                    "_%\\",
                    "../../../etc/passwd",
                    "${jndi:ldap://x}",
                    "<script>alert(1)</script>",
                    "\r\nSet-Cookie: x=y",
                    "\ud83d\ude80\u202e\u0000",
                    "\ud800",
                    "a@b",
                    "x".repeat(300) + "@example.org",
                    "x".repeat(70_000),
                    "-1",
                    "0",
                    "9223372036854775808",
                    "1e999",
                    "NaN",
                    "null",
                    "true",
                    "2026-13-45T99:99:99Z",
                    "+1000000000-12-31T23:59:59Z",
                    "0000-01-01T00:00:00Z",
                    "team-zzzzzzzzzzzzzzzzzzzzzzzzz",
                    "cl-f5lxx1zz5pnorynqglhzmsp34",
                    "usr-0000000000000000000000000",
                    "key-0000000000000000000000000",
                    "log-0000000000000000000000000",
                    "team-0000000000000000000000000",
                    "wrn_0123456789abcdef0123456789abcdef",
                    "minimal");

    private final Random random;
    private final List<String> ids;

    /// @param ids of what is there
    HostileInput(Random random, List<String> ids) {
        this.random = random;
        this.ids = ids;
    }

    String text() {
        return switch (random.nextInt(6)) {
            case 0 -> ids.get(random.nextInt(ids.size()));
            case 1 -> noise(random.nextInt(40));
            default -> TEXTS.get(random.nextInt(TEXTS.size()));
        };
    }

    private String noise(int length) {
        var text = new StringBuilder();
        for (int i = 0; i < length; i++) text.appendCodePoint(random.nextInt(0x2_0000));
        return text.toString();
    }

    /// Printable, as the client library allows nothing else.
    String header() {
        var text = new StringBuilder();
        for (int i = random.nextInt(200); i > 0; i--) text.append((char) (33 + random.nextInt(94)));
        return text.toString();
    }

    /// Each parameter is something that is there, or hostile.
    String path(String template) {
        var path = template;
        while (path.contains("{")) {
            var text = random.nextBoolean() ? ids.get(random.nextInt(ids.size())) : shortText();
            int start = path.indexOf('{');
            path =
                    path.substring(0, start)
                            + URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20")
                            + path.substring(path.indexOf('}') + 1);
        }
        return path;
    }

    private String shortText() {
        var text = text();
        if (text.isEmpty()) return "x";
        return text.length() > 500 ? text.substring(0, 500) : text;
    }

    byte[] body(JsonNode schema) {
        return switch (random.nextInt(10)) {
            case 0 -> new byte[0];
            case 1 -> noise(100).getBytes(StandardCharsets.UTF_8);
            case 2 -> "[".repeat(5000).getBytes(StandardCharsets.UTF_8);
            case 3 -> randomBytes();
            default -> JsonMapper.shared().writeValueAsBytes(value(schema, 0));
        };
    }

    private byte[] randomBytes() {
        var bytes = new byte[random.nextInt(2000)];
        random.nextBytes(bytes);
        return bytes;
    }

    private JsonNode value(JsonNode schema, int depth) {
        var known = resolve(schema);
        if (random.nextInt(5) == 0 || depth > 4) return any(depth);
        if (known.has("enum") && random.nextBoolean())
            return known.path("enum").get(random.nextInt(known.path("enum").size()));
        var type = known.path("type");
        var word = type.isArray() ? type.get(0).asString("") : type.asString("");
        return switch (word) {
            case "object" -> object(known, depth);
            case "string" -> JSON.stringNode(text());
            case "integer" -> JSON.numberNode(number());
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            default -> any(depth);
        };
    }

    private JsonNode object(JsonNode schema, int depth) {
        var object = JSON.objectNode();
        for (var property : schema.path("properties").properties())
            if (random.nextInt(5) > 0)
                object.set(property.getKey(), value(property.getValue(), depth + 1));
        if (random.nextInt(5) == 0) object.set(shortText(), any(depth + 1));
        return object;
    }

    private JsonNode any(int depth) {
        return switch (random.nextInt(depth > 4 ? 4 : 6)) {
            case 0 -> JSON.nullNode();
            case 1 -> JSON.numberNode(number());
            case 2 -> JSON.numberNode(random.nextDouble() * 1e300);
            case 3 -> JSON.stringNode(text());
            case 4 -> JSON.arrayNode().add(any(depth + 1)).add(any(depth + 1));
            default -> JSON.objectNode().set(shortText(), any(depth + 1));
        };
    }

    private long number() {
        return switch (random.nextInt(4)) {
            case 0 -> random.nextLong();
            case 1 -> Long.MIN_VALUE;
            case 2 -> Long.MAX_VALUE;
            default -> random.nextInt(20) - 5L;
        };
    }

    private static JsonNode resolve(JsonNode schema) {
        var reference = schema.path("$ref");
        return reference.isString()
                ? ContractCheck.CONTRACT.at(reference.stringValue().substring(1))
                : schema;
    }
}
