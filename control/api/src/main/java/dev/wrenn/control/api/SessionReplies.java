package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.identity.SessionTokens;
import java.util.LinkedHashMap;

/// What a client gets with a session: a program the token; a browser a cookie that no script can
/// read, and the text that has to be repeated beside it.
record SessionReplies(SessionTokens tokens, boolean secure) {
    /// @param browser whether the client keeps the session in a cookie
    Reply signedIn(int status, SignIn.Signed signed, boolean browser) {
        var json = new LinkedHashMap<String, Object>();
        if (!browser) json.put("token", signed.token());
        json.put("user_id", signed.account().id().toString());
        json.put("team_id", signed.team().toString());
        json.put("email", signed.account().email());
        json.put("name", signed.account().name());
        if (signed.account().platformAdmin()) json.put("is_admin", true);
        if (!browser) return Reply.json(status, json);
        json.put("csrf_token", tokens.csrf(signed.session()));
        return Reply.json(status, json)
                .with("Set-Cookie", cookie(signed.token(), SessionTokens.LIFETIME.toSeconds()));
    }

    /// Takes the cookie away.
    Reply signedOut() {
        return Reply.noContent().with("Set-Cookie", cookie("", 0));
    }

    /// A cookie that a browser also sends when it comes back from another site.
    String crossing(String name, String value, long seconds) {
        return cookie(name, value, seconds, "Lax");
    }

    /// One that it only sends for pages of ours.
    String kept(String name, String value, long seconds) {
        return cookie(name, value, seconds, "Strict");
    }

    private String cookie(String value, long seconds) {
        return kept(Credentials.COOKIE, value, seconds);
    }

    private String cookie(String name, String value, long seconds, String sameSite) {
        return name
                + "="
                + value
                + "; Path=/; Max-Age="
                + seconds
                + "; HttpOnly; SameSite="
                + sameSite
                + (secure ? "; Secure" : "");
    }
}
