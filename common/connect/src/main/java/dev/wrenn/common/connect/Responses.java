package dev.wrenn.common.connect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jetty.client.Response;
import org.jspecify.annotations.Nullable;

/// Checks of status and headers on the client.
final class Responses {
    private static final int OK = 200;
    private static final int MAX_ERROR_BYTES = 1 << 20;

    private Responses() {}

    /// Body of a unary response.
    ///
    /// @throws ConnectException the server's error, or what is wrong with the response
    static byte[] unaryBody(Exchange exchange, Codec codec, int limit) throws IOException {
        var response = exchange.response();
        if (response.getStatus() != OK) throw error(exchange, response);
        checkEncoding(response, Headers.CONTENT_ENCODING);
        checkType(response, codec.contentType(Method.Kind.UNARY));
        return exchange.all(length(response), limit);
    }

    /// Headers of a stream.
    ///
    /// @throws ConnectException when this is no stream in the codec that was asked for
    static Map<String, List<String>> checkStream(Exchange exchange, Codec codec)
            throws IOException {
        var response = exchange.response();
        if (response.getStatus() != OK) throw error(exchange, response);
        checkEncoding(response, Headers.STREAM_ENCODING);
        checkType(response, codec.contentType(Method.Kind.SERVER_STREAM));
        return metadata(response);
    }

    /// Leading and trailing metadata of a response, lower-case names.
    static Map<String, List<String>> metadata(Response response) {
        var result = new LinkedHashMap<String, List<String>>();
        for (var field : response.getHeaders()) {
            var name = field.getLowerCaseName();
            if (name.startsWith(Headers.TRAILER)) name = name.substring(Headers.TRAILER.length());
            var value = field.getValue();
            if (value != null) result.computeIfAbsent(name, _ -> new ArrayList<>()).add(value);
        }
        return result;
    }

    private static ConnectException error(Exchange exchange, Response response) throws IOException {
        int status = response.getStatus();
        var type = response.getHeaders().get(Headers.CONTENT_TYPE);
        var encoding = response.getHeaders().get(Headers.CONTENT_ENCODING);
        @Nullable ConnectException error = null;
        if (type != null && Headers.isType(type, Headers.JSON) && encoding == null) {
            var body = exchange.all(length(response), MAX_ERROR_BYTES);
            error = ErrorJson.parseError(body, metadata(response));
        }
        if (error != null) return error;
        var reason = response.getReason() == null ? "" : " " + response.getReason();
        return new ConnectException(Code.ofHttp(status), "HTTP " + status + reason);
    }

    private static void checkEncoding(Response response, String header) {
        var encoding = response.getHeaders().get(header);
        if (encoding != null && !encoding.toLowerCase(Locale.ROOT).equals(Headers.IDENTITY))
            throw new ConnectException(
                    Code.INTERNAL,
                    "response compression: " + Headers.shown(encoding) + " (expected: identity)");
    }

    private static void checkType(Response response, String expected) {
        var type = response.getHeaders().get(Headers.CONTENT_TYPE);
        if (type == null) type = "";
        if (Headers.isType(type, expected)) return;
        var code = type.startsWith("application/") ? Code.INTERNAL : Code.UNKNOWN;
        throw new ConnectException(
                code,
                "response content type: " + Headers.shown(type) + " (expected: " + expected + ")");
    }

    private static long length(Response response) {
        return response.getHeaders().getLongField("Content-Length");
    }
}
