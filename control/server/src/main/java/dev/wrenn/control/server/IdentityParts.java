package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.api.Identity;
import dev.wrenn.control.bus.Redis;
import dev.wrenn.control.bus.RedisEventStream;
import dev.wrenn.control.domain.accounts.Accounts;
import dev.wrenn.control.domain.accounts.OAuth;
import dev.wrenn.control.domain.accounts.OAuthProvider;
import dev.wrenn.control.domain.accounts.SignIn;
import dev.wrenn.control.domain.audit.Relay;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.identity.ApiKeys;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.identity.Passwords;
import dev.wrenn.control.domain.identity.SessionTokens;
import dev.wrenn.control.domain.usage.LoadStore;
import dev.wrenn.control.notify.FileSink;
import dev.wrenn.control.notify.MailQueue;
import dev.wrenn.control.notify.MailSink;
import dev.wrenn.control.notify.SmtpSink;
import dev.wrenn.control.outgoing.GitHub;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.LeaderLock;
import dev.wrenn.control.store.PgAccountStore;
import dev.wrenn.control.store.PgApiKeyStore;
import dev.wrenn.control.store.PgAuditStore;
import dev.wrenn.control.store.PgEventLog;
import dev.wrenn.control.store.PgKeyTable;
import dev.wrenn.control.store.PgLoadStore;
import dev.wrenn.control.store.PgOAuthStore;
import dev.wrenn.control.store.PgPlatformStore;
import dev.wrenn.control.store.PgSessionStore;
import dev.wrenn.control.store.PgTeamStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;

/// Wires accounts, sessions, teams, keys and the audit trail.
final class IdentityParts {
    private static final Duration KEPT_EVENTS = Duration.ofDays(7);

    private final IdentityConfig config;
    private final MailSink mails;
    private final CapsuleLimits limits;
    private final Database database;
    private final SecureRandom random = new SecureRandom();
    private final PgSessionStore sessions;
    private final PgAuditStore audit;
    private final PgEventLog events;
    private final PgLoadStore loads;
    private final SessionTokens tokens;
    private final Authenticator authenticator;
    private final SignIn signIn;
    private final Accounts accounts;
    private final OAuth oauth;
    private final ChannelParts channels;

    /// @param undo takes what has to be closed
    IdentityParts(IdentityConfig config, CapsuleLimits limits, Database database, Teardown undo) {
        this.config = config;
        this.limits = limits;
        this.database = database;
        var clock = InstantSource.system();
        tokens = new SessionTokens(config.secret(), clock);
        sessions = new PgSessionStore(database);
        audit = new PgAuditStore(database);
        events = new PgEventLog(database);
        loads = new PgLoadStore(database);
        authenticator = new Authenticator(new PgApiKeyStore(database), sessions, tokens, clock);
        var store = new PgAccountStore(database, random);
        var passwords = new Passwords(random, config.passwordsAtOnce());
        signIn = new SignIn(store, sessions, tokens, passwords);
        mails =
                config.smtp().isPresent()
                        ? new SmtpSink(config.smtp().get())
                        : new FileSink(config.mailDirectory(), config.from());
        var mailer = undo.add(new MailQueue(mails));
        var others =
                config.gitHub()
                        .map(settings -> List.<OAuthProvider>of(undo.add(new GitHub(settings))))
                        .orElse(List.of());
        oauth =
                new OAuth(
                        others,
                        new PgOAuthStore(database, random),
                        signIn,
                        tokens,
                        config.publicUrl(),
                        random);
        channels = new ChannelParts(config.channels(), database, mails, undo);
        accounts = new Accounts(store, signIn, passwords, mailer, config.publicUrl(), random);
    }

    /// Where mails go.
    MailSink mails() {
        return mails;
    }

    Authenticator authenticator() {
        return authenticator;
    }

    Identity forApi() {
        return new Identity(
                authenticator,
                tokens,
                signIn,
                accounts,
                oauth,
                new PgTeamStore(database, random),
                new PgPlatformStore(database),
                new ApiKeys(new PgKeyTable(database), random),
                audit,
                events,
                loads,
                channels.channels(),
                channels.deliveries(),
                limits,
                config.attempts(),
                config.secureCookies());
    }

    /// Starts what is done by one control plane at a time.
    void startPeriodic(Redis redis, Teardown undo) {
        var relay = new Relay(events, new RedisEventStream(redis));
        led(undo, "outbox", Relay.PERIOD, relay::run);
        led(
                undo,
                "accounts",
                Accounts.PURGE_PERIOD,
                () -> {
                    accounts.purge();
                    sessions.removeExpired();
                    channels.removeOlder(KEPT_EVENTS);
                    events.removeOlder(KEPT_EVENTS);
                    loads.fold(Instant.now().minus(LoadStore.KEPT).truncatedTo(ChronoUnit.DAYS));
                });
        channels.start();
    }

    private void led(Teardown undo, String name, Duration period, Runnable work) {
        var lead = undo.add(new LeaderLock(database, name));
        undo.add(
                Periodic.start(
                        name,
                        period,
                        () -> {
                            if (lead.held()) work.run();
                        }));
    }
}
