package dev.wrenn.common.proxy;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/// Headers that concern one connection only (RFC 9110, 7.6.1), which are never passed on.
final class HopHeaders {
    private static final Set<String> ALWAYS =
            Set.of(
                    "connection",
                    "keep-alive",
                    "proxy-connection",
                    "proxy-authorization",
                    "proxy-authenticate",
                    "te",
                    "trailer",
                    "transfer-encoding",
                    "upgrade",
                    "http2-settings",
                    "expect");

    /// Framing and addressing: naming them in `Connection` must not remove them.
    private static final Set<String> KEPT = Set.of("host", "content-length");

    private HopHeaders() {}

    /// What is not of the connection.
    static HttpFields.Mutable endToEnd(HttpFields headers) {
        var named = headers.contains(HttpHeader.CONNECTION) ? named(headers) : Set.<String>of();
        var kept = HttpFields.build();
        for (HttpField field : headers) {
            var name = field.getLowerCaseName();
            if (!ALWAYS.contains(name) && !named.contains(name)) kept.add(field);
        }
        return kept;
    }

    private static Set<String> named(HttpFields headers) {
        var named = new HashSet<String>();
        for (var value : headers.getValuesList(HttpHeader.CONNECTION))
            for (var name : value.split(",", -1)) named.add(name.strip().toLowerCase(Locale.ROOT));
        named.removeAll(KEPT);
        return named;
    }
}
