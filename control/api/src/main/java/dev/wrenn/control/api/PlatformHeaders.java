package dev.wrenn.control.api;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import tools.jackson.core.JacksonException;

/// What is between a client and this control plane and no business of code inside a capsule.
final class PlatformHeaders {
    /// Where the token of a link is kept by a browser.
    static final String PORT_COOKIE = "wrenn_port";

    private static final List<String> OURS = List.of("X-API-Key", "X-Host-Token", "X-Access-Token");
    private static final Pattern OUR_COOKIE =
            Pattern.compile(
                    "(?:__host-|__secure-)?wrenn_.*|oauth_state|oauth_link_user_id",
                    Pattern.CASE_INSENSITIVE);
    private static final Pattern BEARER =
            Pattern.compile("bearer +(\\S+)", Pattern.CASE_INSENSITIVE);
    private static final Pattern DOMAIN =
            Pattern.compile(";\\s*domain\\s*=[^;]*", Pattern.CASE_INSENSITIVE);

    private PlatformHeaders() {}

    /// Takes our credentials out of a request for a guest.
    static void strip(HttpFields.Mutable headers) {
        for (var name : OURS) headers.remove(name);
        var authorization = headers.get(HttpHeader.AUTHORIZATION);
        if (authorization != null && isPlatformToken(authorization))
            headers.remove(HttpHeader.AUTHORIZATION);
        if (!headers.contains(HttpHeader.COOKIE)) return;
        var kept = new ArrayList<String>();
        for (var cookie : cookies(headers)) if (!isOurs(name(cookie))) kept.add(cookie);
        headers.remove(HttpHeader.COOKIE);
        if (!kept.isEmpty()) headers.put(HttpHeader.COOKIE, String.join("; ", kept));
    }

    /// Makes the cookies of a guest its own: none with our names, none for other host names.
    static void confine(HttpFields.Mutable headers) {
        if (!headers.contains(HttpHeader.SET_COOKIE)) return;
        var kept = new ArrayList<String>();
        for (HttpField field : headers)
            if (field.getHeader() == HttpHeader.SET_COOKIE && !isOurs(name(field.getValue())))
                kept.add(DOMAIN.matcher(field.getValue()).replaceAll(""));
        headers.remove(HttpHeader.SET_COOKIE);
        for (var cookie : kept) headers.add(HttpHeader.SET_COOKIE, cookie);
    }

    static Optional<String> cookie(HttpFields headers, String name) {
        for (var cookie : cookies(headers))
            if (name(cookie).equals(name))
                return Optional.of(cookie.substring(cookie.indexOf('=') + 1).strip());
        return Optional.empty();
    }

    private static List<String> cookies(HttpFields headers) {
        var all = new ArrayList<String>();
        for (HttpField field : headers) {
            if (field.getHeader() != HttpHeader.COOKIE || field.getValue() == null) continue;
            for (var cookie : field.getValue().split(";", -1))
                if (!cookie.isBlank()) all.add(cookie.strip());
        }
        return all;
    }

    private static String name(String cookie) {
        int equals = cookie.indexOf('=');
        return (equals < 0 ? cookie : cookie.substring(0, equals)).strip();
    }

    private static boolean isOurs(String name) {
        return OUR_COOKIE.matcher(name).matches();
    }

    /// A JSON Web Token with the claims of ours, whether it is still good or not: programs inside
    /// capsules have bearer tokens of their own.
    private static boolean isPlatformToken(String authorization) {
        var bearer = BEARER.matcher(authorization.strip());
        if (!bearer.matches()) return false;
        var parts = bearer.group(1).split("\\.", -1);
        if (parts.length != 3) return false;
        try {
            var claims = Json.parse(Base64.getUrlDecoder().decode(parts[1]));
            var subject = claims.path("sub").asString("").toLowerCase(Locale.ROOT);
            var team = claims.path("team_id").asString("").toLowerCase(Locale.ROOT);
            return subject.startsWith("usr-")
                    || subject.startsWith("host-")
                    || team.startsWith("team-");
        } catch (IllegalArgumentException | JacksonException | ApiException e) {
            return false; // not ours, whatever it is
        }
    }
}
