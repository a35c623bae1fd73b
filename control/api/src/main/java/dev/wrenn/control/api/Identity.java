package dev.wrenn.control.api;

import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.SessionTokens;

/// Who may do what: everything that the API needs for it.
///
/// @param secureCookies whether browsers may send the session's cookie by TLS only
public record Identity(
        Authenticator authenticator,
        SessionTokens tokens,
        SignIn signIn,
        AttemptLimits attempts,
        boolean secureCookies) {}
