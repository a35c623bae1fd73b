package dev.wrenn.control.api;

import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.SessionTokens;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The one place where callers are let in: finds out who they are and holds that against what the
/// route declares.
record Doorman(Authenticator authenticator, SessionTokens tokens) {
    /// Who calls.
    ///
    /// @return null on routes for anybody, and on those that ask after the upgrade
    /// @throws ApiException 401, or 403 for an account that cannot be used
    @Nullable Principal known(Access access, Credentials shown) {
        if (access instanceof Access.Public
                || access instanceof Access.AfterUpgrade
                || access instanceof Access.PlatformAfterUpgrade) return null;
        return identify(access, shown).orElseThrow(() -> unauthorized("authentication required"));
    }

    /// Holds a caller against what the route declares.
    ///
    /// @throws ApiException 403
    static void hold(Access access, Principal caller, @Nullable String team) {
        var refusal = access.refusal(caller, team);
        if (refusal.isPresent()) throw new ApiException(refusal.get());
    }

    /// Who is meant by what a request shows; the key is looked at first.
    ///
    /// @return empty when it shows nothing that this route takes
    /// @throws ApiException when it is not good
    Optional<Principal> identify(Access access, Credentials shown) {
        if (access.takesKeys() && shown.key().isPresent())
            return Optional.of(key(shown.key().get()));
        if (shown.bearer().isPresent()) return Optional.of(session(shown.bearer().get()));
        if (shown.cookie().isPresent()) return Optional.of(cookie(shown));
        return Optional.empty();
    }

    /// A key or a session's token, as the first message of a WebSocket brings it.
    Principal token(String text) {
        return text.startsWith("wrn_") ? key(text) : session(text);
    }

    private Principal key(String text) {
        return authenticator.key(text).orElseThrow(() -> unauthorized("invalid API key"));
    }

    private Principal session(String token) {
        return switch (authenticator.session(token)) {
            case Authenticator.Session.Valid(var principal) -> principal;
            case Authenticator.Session.Invalid _ -> throw unauthorized("invalid or ended session");
            case Authenticator.Session.Deactivated _ ->
                    throw new ApiException(
                            403, "account_deactivated", "the account cannot be used");
        };
    }

    /// A browser sends the cookie with whatever any page makes it send.
    private Principal cookie(Credentials shown) {
        if (shown.foreign()) throw forbidden("sent by a page of another site");
        var caller = session(shown.cookie().orElse(""));
        if (shown.changing()
                && caller.credential() instanceof Credential.Session(var id)
                && !tokens.csrfMatches(id, shown.csrf().orElse("")))
            throw forbidden(Credentials.CSRF_HEADER + ": missing or wrong");
        return caller;
    }

    private static ApiException unauthorized(String message) {
        return new ApiException(401, "unauthorized", message);
    }

    private static ApiException forbidden(String message) {
        return new ApiException(403, "forbidden", message);
    }
}
