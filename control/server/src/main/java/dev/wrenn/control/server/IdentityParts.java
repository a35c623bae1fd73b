package dev.wrenn.control.server;

import dev.wrenn.control.api.Identity;
import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Passwords;
import dev.wrenn.control.domain.identity.SessionTokens;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.PgAccountStore;
import dev.wrenn.control.store.PgApiKeyStore;
import dev.wrenn.control.store.PgSessionStore;
import java.security.SecureRandom;
import java.time.InstantSource;

/// Wires accounts, sessions and keys.
final class IdentityParts {
    private final IdentityConfig config;
    private final SessionTokens tokens;
    private final Authenticator authenticator;
    private final SignIn signIn;

    IdentityParts(IdentityConfig config, Database database) {
        this.config = config;
        var random = new SecureRandom();
        var clock = InstantSource.system();
        tokens = new SessionTokens(config.secret(), clock);
        var sessions = new PgSessionStore(database);
        var accounts = new PgAccountStore(database, random);
        var passwords = new Passwords(random, config.passwordsAtOnce());
        authenticator = new Authenticator(new PgApiKeyStore(database), sessions, tokens, clock);
        signIn = new SignIn(accounts, sessions, tokens, passwords);
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Identity forApi() {
        return new Identity(
                authenticator, tokens, signIn, config.attempts(), config.secureCookies());
    }
}
