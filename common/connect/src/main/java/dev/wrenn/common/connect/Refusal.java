package dev.wrenn.common.connect;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/// Answers on the level of HTTP, to requests that are no call.
final class Refusal {
    private Refusal() {}

    static void method(HttpServletResponse response) {
        response.setHeader("Allow", "POST");
        response.setStatus(405);
    }

    static void unknown(HttpServletRequest request, HttpServletResponse response)
            throws IOException {
        var path = Headers.shown(request.getRequestURI());
        error(
                response,
                404,
                new ConnectException(Code.UNIMPLEMENTED, "no such procedure: " + path));
    }

    static void contentType(HttpServletResponse response, Method.Kind kind) {
        response.setHeader(
                "Accept-Post", Codec.PROTO.contentType(kind) + ", " + Codec.JSON.contentType(kind));
        response.setStatus(415);
    }

    static void error(HttpServletResponse response, int status, ConnectException error)
            throws IOException {
        var body = ErrorJson.error(error);
        response.setStatus(status);
        response.setContentType(Headers.JSON);
        response.setContentLength(body.length);
        response.getOutputStream().write(body);
    }
}
