package dev.wrenn.common.proxy;

import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;

/// Whether a request asks for another protocol. It is free to a server not to hear it, so whatever
/// is odd is passed on as the plain request that it is as well: one with a body, whose end both
/// servers would have to agree on, and HTTP/2, in which nobody would look at headers any more.
final class Upgrade {
    private Upgrade() {}

    /// The protocols asked for, as they were named.
    static Optional<String> of(Request request) {
        var headers = request.getHeaders();
        var protocol = headers.get(HttpHeader.UPGRADE);
        boolean asked = headers.contains(HttpHeader.CONNECTION, "upgrade");
        boolean version =
                request.getConnectionMetaData().getHttpVersion().compareTo(HttpVersion.HTTP_1_1)
                        == 0;
        if (protocol == null || !asked || !version || hasBody(headers)) return Optional.empty();
        return protocol.toLowerCase(java.util.Locale.ROOT).contains("h2c")
                ? Optional.empty()
                : Optional.of(protocol);
    }

    static boolean hasBody(HttpFields headers) {
        return headers.contains(HttpHeader.TRANSFER_ENCODING)
                || headers.getLongField(HttpHeader.CONTENT_LENGTH) > 0;
    }
}
