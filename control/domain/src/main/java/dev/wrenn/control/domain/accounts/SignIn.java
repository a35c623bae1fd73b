package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Passwords;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.SessionStore;
import dev.wrenn.control.domain.identity.SessionTokens;
import dev.wrenn.control.domain.teams.Membership;
import dev.wrenn.control.domain.teams.TeamName;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Beginning, continuing and ending sessions. Thread-safe.
public final class SignIn {
    private static final Logger LOG = LoggerFactory.getLogger(SignIn.class);

    private final AccountStore accounts;
    private final SessionStore sessions;
    private final SessionTokens tokens;
    private final Passwords passwords;

    public SignIn(
            AccountStore accounts,
            SessionStore sessions,
            SessionTokens tokens,
            Passwords passwords) {
        this.accounts = accounts;
        this.sessions = sessions;
        this.tokens = tokens;
        this.passwords = passwords;
    }

    /// A session that goes on with this token.
    public record Signed(UUID session, String token, Account account, TeamId team) {}

    /// How a sign-in ends.
    public sealed interface Outcome {
        record Done(Signed signed) implements Outcome {}

        /// No such account, no password, a wrong one: nobody learns which.
        record Wrong() implements Outcome {}

        /// The password is right, but the account was never activated.
        record NotActivated() implements Outcome {}

        /// The password is right, but the account is switched off.
        record Disabled() implements Outcome {}
    }

    /// Signs in by password. Takes as long for an unknown address as for a wrong password.
    public Outcome password(String email, String password) {
        var known =
                accounts.byEmail(Email.normal(email))
                        .filter(a -> a.status() != Account.Status.DELETED);
        boolean right = passwords.matches(password, known.flatMap(Account::passwordHash));
        if (known.isEmpty()) return new Outcome.Wrong();
        if (!right) {
            noteFailure(known.get());
            return new Outcome.Wrong();
        }
        return switch (known.get().status()) {
            case ACTIVE -> new Outcome.Done(begin(known.get()));
            case INACTIVE -> new Outcome.NotActivated();
            case DISABLED -> new Outcome.Disabled();
            case DELETED -> new Outcome.Wrong();
        };
    }

    /// Beside the caller: an answer that waited for it would tell that there is an account.
    private void noteFailure(Account account) {
        if (!account.active()) return;
        Thread.ofVirtual()
                .name("login-failed")
                .start(() -> {
                    try {
                        var home = accounts.home(account.id(), TeamName.ofUser(account.name()));
                        accounts.note(
                                Audit.account(
                                        home.team().id(),
                                        Actor.SYSTEM,
                                        "login_failed",
                                        account.id(),
                                        AuditEntry.Tone.WARNING));
                    } catch (RuntimeException e) {
                        LOG.atWarn().setCause(e).log("failed sign-in not written down");
                    }
                });
    }

    /// Begins a session for an account that proved itself.
    Signed begin(Account account) {
        var home = accounts.home(account.id(), TeamName.ofUser(account.name()));
        var session = UUID.randomUUID();
        var entry =
                Audit.account(
                        home.team().id(),
                        Actor.user(account.id(), account.name()),
                        "login",
                        account.id(),
                        AuditEntry.Tone.INFO);
        accounts.beginSession(session, account.id(), tokens.expiry(), entry);
        return signed(session, account, home);
    }

    /// How changing the team of a session ends.
    public sealed interface Switch {
        record Done(Signed signed) implements Switch {}

        record NotFound() implements Switch {}

        record NotMember() implements Switch {}
    }

    /// Goes on in another team; the session stays the same.
    public Switch switchTeam(Principal caller, TeamId team) {
        if (!accounts.teamLives(team)) return new Switch.NotFound();
        var membership = accounts.membership(caller.user(), team);
        var account = accounts.byId(caller.user());
        if (membership.isEmpty() || account.isEmpty()) return new Switch.NotMember();
        return new Switch.Done(renew(caller, account.get(), membership.get()));
    }

    /// A new token of the same session.
    Signed renew(Principal caller, Account account, Membership membership) {
        var session = session(caller);
        sessions.prolong(session, tokens.expiry());
        return signed(session, account, membership);
    }

    private Signed signed(UUID session, Account account, Membership membership) {
        var team = membership.team().id();
        var token =
                tokens.issue(
                        new SessionTokens.Claims(session, account.id(), team),
                        new SessionTokens.Hints(
                                account.email(),
                                account.name(),
                                Optional.of(membership.role()),
                                account.platformAdmin()));
        return new Signed(session, token, account, team);
    }

    /// Ends the caller's session at once, everywhere.
    public void signOut(Principal caller) {
        sessions.end(session(caller));
    }

    private static UUID session(Principal caller) {
        if (caller.credential() instanceof Credential.Session(var id)) return id;
        throw new IllegalArgumentException("caller: a key (expected: a session)");
    }
}
