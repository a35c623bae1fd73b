package dev.wrenn.control.api;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/// The OpenAPI document as it was packed into this build.
final class Contract {
    private Contract() {}

    static String yaml() {
        try (var in =
                Objects.requireNonNull(
                        Contract.class.getResourceAsStream("/openapi.yaml"), "openapi.yaml")) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode parse() {
        return new YAMLMapper().readTree(yaml());
    }
}
