package dev.wrenn.control.api;

import dev.wrenn.control.domain.ports.PortToken;
import java.time.Duration;
import java.time.Instant;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// Moves the token of a link from the address of a page into a cookie of its host name only.
final class PortCookie {
    private PortCookie() {}

    /// 303 to the same page without the token.
    static void give(String token, Instant now, Request request, Response response, Callback done) {
        long left = Math.max(0, Duration.between(now, PortToken.expiry(token)).toSeconds());
        var cookie =
                PlatformHeaders.PORT_COOKIE
                        + "="
                        + token
                        + "; Path=/; HttpOnly; SameSite=Lax; Max-Age="
                        + left
                        + (PortHost.scheme(request).equals("https") ? "; Secure" : "");
        var target = PortQuery.without(request.getHttpURI().getPathQuery());
        response.setStatus(303);
        response.getHeaders().put(HttpHeader.SET_COOKIE, cookie);
        response.getHeaders().put(HttpHeader.LOCATION, local(target));
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        response.getHeaders().put("Referrer-Policy", "no-referrer");
        response.write(true, null, done);
    }

    /// Two slashes at the start would be another host.
    private static String local(String target) {
        return target.startsWith("//") ? "/." + target : target;
    }
}
