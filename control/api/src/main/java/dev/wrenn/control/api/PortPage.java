package dev.wrenn.control.api;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// What the proxy itself answers: text, or a page for who asked for one.
final class PortPage {
    private static final String PAGE =
            """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>%1$s</title>
            <meta name="viewport" content="width=device-width">
            <style>body{font:16px/1.5 system-ui,sans-serif;margin:20vh auto;max-width:34em;padding:0 1em}
            h1{font-size:1.4em}p{color:#666}</style></head>
            <body><h1>%1$s</h1><p>%2$s</p></body></html>
            """;
    private static final String POLICY = "default-src 'none'; style-src 'unsafe-inline'";

    private PortPage() {}

    /// The client prefers a page.
    static boolean wanted(Request request) {
        return request.getHeaders().getQualityCSV(HttpHeader.ACCEPT).stream()
                .filter(type -> type.startsWith("text/html") || type.startsWith("text/plain"))
                .findFirst()
                .filter(type -> type.startsWith("text/html"))
                .isPresent();
    }

    /// @param text tells what is wrong; no more than the client may know
    static void write(Request request, Response response, Callback done, int status, String text) {
        boolean page = wanted(request);
        response.reset();
        response.setStatus(status);
        var headers = response.getHeaders();
        headers.put(HttpHeader.CACHE_CONTROL, "no-store");
        headers.put(RequestId.HEADER, RequestId.of(request.getHeaders().get(RequestId.HEADER)));
        headers.put("X-Content-Type-Options", "nosniff");
        headers.put(
                HttpHeader.CONTENT_TYPE, (page ? "text/html" : "text/plain") + "; charset=utf-8");
        headers.put(HttpHeader.VARY, "Accept");
        if (page) headers.put("Content-Security-Policy", POLICY);
        if (status == 503) headers.put(HttpHeader.RETRY_AFTER, "1");
        var body = page ? PAGE.formatted(escape(text), escape(advice(status))) : text;
        response.write(true, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), done);
    }

    private static String advice(int status) {
        return switch (status) {
            case 400 -> "The address is {port}-{capsule}.{domain}.";
            case 401, 403 -> "Make a link with: wrenn url CAPSULE PORT";
            case 404 -> "There is no capsule of this id.";
            case 409 -> "The capsule has to run. Resume it with: wrenn resume CAPSULE";
            case 502 -> "Is a server running in the capsule, on this port?";
            default -> "Try again in a moment.";
        };
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
