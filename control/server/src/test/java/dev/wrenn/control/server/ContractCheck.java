package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// Holds real exchanges against `openapi.yaml`.
final class ContractCheck {
    static final JsonNode CONTRACT = load();

    private static final SchemaRegistry REGISTRY =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
    private static final Map<String, Schema> SCHEMAS = new ConcurrentHashMap<>();

    private ContractCheck() {}

    private static JsonNode load() {
        try (var in = ContractCheck.class.getResourceAsStream("/openapi.yaml")) {
            return new YAMLMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Every operation as `METHOD path`.
    static Map<String, JsonNode> operations() {
        var all = new LinkedHashMap<String, JsonNode>();
        for (var path : CONTRACT.path("paths").properties())
            for (var operation : path.getValue().properties())
                if (operation.getValue().has("responses"))
                    all.put(
                            operation.getKey().toUpperCase(java.util.Locale.ROOT)
                                    + " "
                                    + path.getKey(),
                            operation.getValue());
        return all;
    }

    /// The answer must be one that the contract names, with a body of its schema. A route that the
    /// contract does not have must answer with an error.
    static void check(String method, String path, int status, JsonNode body) {
        var found = find(method.equals("HEAD") ? "GET" : method, path);
        if (found == null) {
            assertThat(status).as(method + " " + path + " is not in the contract").isIn(404, 405);
            validate("Error", body);
            return;
        }
        var response = resolve(found.path("responses").path(String.valueOf(status)));
        assertThat(response.isMissingNode())
                .as(
                        "%s %s answers %d, which the contract does not name: %s",
                        method, path, status, body)
                .isFalse();
        var schema = response.path("content").path("application/json").path("schema");
        if (schema.isMissingNode() || method.equals("HEAD")) return;
        var items = schema.path("items").path("$ref");
        if (items.isString()) {
            for (var item : body) validate(name(items), item);
        } else {
            validate(name(schema.path("$ref")), body);
        }
    }

    static void validate(String schema, JsonNode body) {
        assertThat(SCHEMAS.computeIfAbsent(schema, ContractCheck::compile).validate(body))
                .as("%s as %s", body, schema)
                .isEmpty();
    }

    private static Schema compile(String name) {
        var root = JsonNodeFactory.instance.objectNode();
        root.put("$ref", "#/components/schemas/" + name);
        root.set("components", CONTRACT.path("components"));
        return REGISTRY.getSchema(root.toString());
    }

    private static JsonNode find(String method, String path) {
        var plain = path.replaceFirst("[?].*", "").replaceFirst("^/api/", "/");
        if (plain.length() > 1) plain = plain.replaceFirst("/$", "");
        plain = plain.replaceFirst("^/v1/sandboxes", "/v1/capsules");
        for (var entry : operations().entrySet()) {
            var parts = entry.getKey().split(" ", 2);
            if (!parts[0].equals(method)) continue;
            if (plain.matches(parts[1].replaceAll("[{][a-z]+[}]", "[^/]+").replace(".", "[.]")))
                return entry.getValue();
        }
        return null;
    }

    private static JsonNode resolve(JsonNode node) {
        var reference = node.path("$ref");
        return reference.isString() ? CONTRACT.at(reference.stringValue().substring(1)) : node;
    }

    private static String name(JsonNode reference) {
        return reference.stringValue().substring("#/components/schemas/".length());
    }
}
