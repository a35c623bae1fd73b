package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Metrics;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// What the agent itself answers to a proxied request. The header tells the control plane that it
/// is not the guest who speaks.
enum PortAnswer {
    FORBIDDEN(403, "only the control plane may use this"),
    PLATFORM_PORT(403, "port not allowed"),
    MALFORMED(400, "not a proxied path"),
    UNAVAILABLE(503, "sandbox is not available"),
    TOO_MANY(503, "too many connections"),
    NOTHING_LISTENS(502, "proxy error: nothing listens on this port"),
    BROKEN(502, "proxy error: the connection broke before an answer came");

    static final String HEADER = "X-Wrenn-Proxy-Error";

    private final int status;
    private final String text;

    PortAnswer(int status, String text) {
        this.status = status;
        this.text = text;
    }

    void write(Response response, Callback done) {
        response.reset();
        response.setStatus(status);
        response.getHeaders().put(HEADER, text);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
        response.write(true, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), done);
    }

    /// Counts and writes.
    void write(Response response, Callback done, Metrics metrics) {
        metrics.counter(
                        "wrenn_proxy_refusals",
                        "Proxied requests that the agent did not pass on",
                        "reason",
                        name().toLowerCase(java.util.Locale.ROOT))
                .increment();
        write(response, done);
    }
}
