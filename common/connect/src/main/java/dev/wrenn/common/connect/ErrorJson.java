package dev.wrenn.common.connect;

import com.google.protobuf.ByteString;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Errors and ends of streams as JSON. Reading is lenient: what is missing or of a wrong type is
/// left out, because the peer's sentence is worth more than its form.
final class ErrorJson {
    private static final JsonMapper MAPPER = new JsonMapper();

    private ErrorJson() {}

    /// What the last frame of a stream says.
    record End(@Nullable ConnectException error, Map<String, List<String>> metadata) {}

    /// Body of a unary error: `{"code":…,"message":…,"details":[…]}`.
    static byte[] error(ConnectException error) {
        return MAPPER.writeValueAsBytes(node(error));
    }

    /// Data of the end-stream frame, with `lead` free bytes in front.
    static byte[] end(
            @Nullable ConnectException error, Map<String, List<String>> metadata, int lead) {
        var root = MAPPER.createObjectNode();
        if (error != null) root.set("error", node(error));
        if (!metadata.isEmpty()) root.set("metadata", MAPPER.valueToTree(metadata));
        var text = MAPPER.writeValueAsBytes(root);
        var bytes = new byte[lead + text.length];
        System.arraycopy(text, 0, bytes, lead, text.length);
        return bytes;
    }

    /// @return null when this is no Connect error: not JSON, or without a code of the protocol
    static @Nullable ConnectException parseError(byte[] json, Map<String, List<String>> metadata) {
        var root = tree(json);
        return root == null ? null : error(root, null, metadata);
    }

    /// @return null when this is no end of a stream
    static @Nullable End parseEnd(byte[] json, Map<String, List<String>> headers) {
        var root = tree(json);
        if (root == null) return null;
        var trailers = metadata(root.path("metadata"));
        var error = root.get("error");
        if (error == null || error.isNull()) return new End(null, trailers);
        var all = new LinkedHashMap<>(headers);
        trailers.forEach((name, values) -> all.merge(name, values, ErrorJson::joined));
        return new End(error(error, Code.UNKNOWN, all), trailers);
    }

    private static @Nullable ConnectException error(
            JsonNode node, @Nullable Code fallback, Map<String, List<String>> metadata) {
        var code = Code.ofWire(node.path("code").asString("")).orElse(fallback);
        if (code == null) return null;
        var details = new ArrayList<ErrorDetail>();
        for (var detail : node.path("details")) {
            try {
                var value = detail.path("value").asString("").replace("=", "");
                details.add(
                        new ErrorDetail(
                                detail.path("type").asString(""),
                                ByteString.copyFrom(Base64.getDecoder().decode(value))));
            } catch (IllegalArgumentException e) {
                // not base64: the error stays readable without this detail
            }
        }
        return new ConnectException(code, node.path("message").asString(""), details, metadata);
    }

    private static ObjectNode node(ConnectException error) {
        var node = MAPPER.createObjectNode();
        node.put("code", error.code().wire());
        var message = error.getMessage();
        if (message != null && !message.isEmpty()) node.put("message", message);
        if (!error.details().isEmpty()) {
            var details = node.putArray("details");
            for (var detail : error.details())
                details.addObject()
                        .put("type", detail.type())
                        .put(
                                "value",
                                Base64.getEncoder()
                                        .withoutPadding()
                                        .encodeToString(detail.value().toByteArray()));
        }
        return node;
    }

    private static Map<String, List<String>> metadata(JsonNode node) {
        var result = new LinkedHashMap<String, List<String>>();
        for (var entry : node.properties()) {
            var values = new ArrayList<String>();
            for (var value : entry.getValue()) if (value.isString()) values.add(value.asString());
            result.merge(entry.getKey().toLowerCase(Locale.ROOT), values, ErrorJson::joined);
        }
        return result;
    }

    private static List<String> joined(List<String> a, List<String> b) {
        var all = new ArrayList<>(a);
        all.addAll(b);
        return all;
    }

    private static @Nullable JsonNode tree(byte[] json) {
        try {
            var node = MAPPER.readTree(json);
            return node != null && node.isObject() ? node : null;
        } catch (JacksonException e) {
            return null;
        }
    }
}
