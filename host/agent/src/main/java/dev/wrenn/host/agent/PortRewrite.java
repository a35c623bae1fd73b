package dev.wrenn.host.agent;

import java.util.ArrayList;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;

/// Puts the prefix of the proxied path before what a guest says about its own paths. The control
/// plane takes it away again where the client's host name stands for it.
final class PortRewrite {
    private static final Pattern COOKIE_PATH =
            Pattern.compile("(;\\s*path\\s*=\\s*)(/)", Pattern.CASE_INSENSITIVE);
    private static final Pattern INTERNAL =
            Pattern.compile(
                    "https?://(?:127\\.0\\.0\\.1|\\[::1]|169\\.254\\.0\\.21):(\\d{1,5})(/.*)?",
                    Pattern.CASE_INSENSITIVE);

    private PortRewrite() {}

    /// Paths, and addresses that mean the same port inside the guest.
    static String location(PortPath path, String location) {
        var internal = INTERNAL.matcher(location);
        if (internal.matches() && internal.group(1).equals(Integer.toString(path.port())))
            return path.prefix() + (internal.group(2) == null ? "/" : internal.group(2));
        return location.startsWith("/") && !location.startsWith("//")
                ? path.prefix() + location
                : location;
    }

    static void cookies(PortPath path, HttpFields.Mutable headers) {
        if (!headers.contains(HttpHeader.SET_COOKIE)) return;
        var changed = new ArrayList<String>();
        for (var field : headers)
            if (field.getHeader() == HttpHeader.SET_COOKIE && field.getValue() != null)
                changed.add(
                        COOKIE_PATH
                                .matcher(field.getValue())
                                .replaceAll("$1" + path.prefix() + "/"));
        headers.remove(HttpHeader.SET_COOKIE);
        for (var cookie : changed) headers.add(HttpHeader.SET_COOKIE, cookie);
    }
}
