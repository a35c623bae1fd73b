package dev.wrenn.control.api;

import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;

/// Host names and schemes as clients see them.
final class PortHost {
    private static final Pattern LOOPBACK =
            Pattern.compile("127(?:\\.\\d{1,3}){3}|\\[::1]|localhost");

    private PortHost() {}

    /// `https` also when a server in front of this one has ended TLS and says so.
    static String scheme(Request request) {
        var front = request.getHeaders().get(HttpHeader.X_FORWARDED_PROTO);
        return scheme(front == null ? "" : front, request.isSecure());
    }

    static String scheme(String front, boolean secure) {
        return switch (front.toLowerCase(Locale.ROOT)) {
            case "https" -> "https";
            case "http" -> "http";
            default -> secure ? "https" : "http";
        };
    }

    /// The host name of a port beside that of the API, whose `host[:port]` the client used.
    /// Addresses have no names below them; `localhost` has.
    static String of(String label, String authority) {
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon > authority.lastIndexOf(']');
        var host = hasPort && colon >= 0 ? authority.substring(0, colon) : authority;
        var port = hasPort && colon >= 0 ? authority.substring(colon) : "";
        var name = LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches() ? "localhost" : host;
        return label + "." + name + port;
    }
}
