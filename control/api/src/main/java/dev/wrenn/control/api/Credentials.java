package dev.wrenn.control.api;

import io.javalin.http.Context;
import io.javalin.websocket.WsContext;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/// What a request shows to prove who sends it.
///
/// @param key of `X-API-Key`
/// @param bearer of `Authorization: Bearer`
/// @param cookie of a browser's session
/// @param csrf of `X-CSRF-Token`: a browser repeats it beside the cookie
/// @param changing whether the method may change anything
/// @param foreign whether a page of another site sent it, as the browser says
record Credentials(
        Optional<String> key,
        Optional<String> bearer,
        Optional<String> cookie,
        Optional<String> csrf,
        boolean changing,
        boolean foreign) {
    static final String COOKIE = "wrenn_session";
    static final String CSRF_HEADER = "X-CSRF-Token";

    private static final String BEARER = "bearer ";

    static Credentials of(Context http) {
        var method = http.req().getMethod();
        return new Credentials(
                present(http.header("X-API-Key")),
                bearer(http.header("Authorization")),
                present(http.cookie(COOKIE)),
                present(http.header(CSRF_HEADER)),
                !method.equals("GET") && !method.equals("HEAD"),
                foreign(http.header("Origin"), http.header("Host")));
    }

    /// Of an upgrade, which a page of any site can ask for.
    static Credentials of(WsContext socket) {
        return new Credentials(
                present(socket.header("X-API-Key")),
                bearer(socket.header("Authorization")),
                present(socket.cookie(COOKIE)),
                Optional.empty(),
                false,
                foreign(socket.header("Origin"), socket.header("Host")));
    }

    private static Optional<String> present(@org.jspecify.annotations.Nullable String text) {
        return Optional.ofNullable(text).filter(t -> !t.isEmpty());
    }

    private static Optional<String> bearer(@org.jspecify.annotations.Nullable String header) {
        if (header == null || !header.toLowerCase(Locale.ROOT).startsWith(BEARER))
            return Optional.empty();
        return present(header.substring(BEARER.length()).strip());
    }

    /// A browser names the site of the page (RFC 6454, 7); programs name none.
    private static boolean foreign(
            @org.jspecify.annotations.Nullable String origin,
            @org.jspecify.annotations.Nullable String host) {
        if (origin == null || origin.isEmpty()) return false;
        try {
            return host == null || !host.equalsIgnoreCase(URI.create(origin).getRawAuthority());
        } catch (IllegalArgumentException e) {
            return true;
        }
    }
}
