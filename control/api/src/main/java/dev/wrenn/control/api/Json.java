package dev.wrenn.control.api;

import java.io.OutputStream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/// Reading and writing JSON.
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                    .build();

    private static final ObjectWriter WRITER =
            MAPPER.writer().without(StreamWriteFeature.AUTO_CLOSE_TARGET);

    private Json() {}

    static byte[] bytes(Object value) {
        return MAPPER.writeValueAsBytes(value);
    }

    /// Writes UTF-8; closing it leaves the stream open.
    static JsonGenerator generator(OutputStream out) {
        return WRITER.createGenerator(out);
    }

    static String text(Object value) {
        return MAPPER.writeValueAsString(value);
    }

    /// @throws ApiException 400 for anything but one JSON value
    static JsonNode parse(byte[] bytes) {
        try {
            return MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            throw ApiException.invalid("malformed JSON");
        }
    }

    /// @throws ApiException 400 for anything but one JSON value
    static JsonNode parse(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JacksonException e) {
            throw ApiException.invalid("malformed JSON");
        }
    }
}
