package dev.wrenn.control.domain.accounts;

import dev.wrenn.control.domain.identity.Credential;
import dev.wrenn.control.domain.identity.Passwords;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.teams.Membership;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// How accounts come to be, change and end. Thread-safe.
public final class Accounts {
    /// How often to call [#purge()].
    public static final Duration PURGE_PERIOD = Duration.ofMinutes(10);

    /// A deleted account can be traced for this long.
    private static final Duration PURGE_AFTER = Duration.ofDays(15);

    private static final Duration SIGN_UP_AGAIN = Duration.ofMinutes(30);
    private static final int AT_ONCE = 50;

    /// How long a link that signs in is good.
    public static final Duration LINK_LIFE = Duration.ofMinutes(10);

    private final AccountStore store;
    private final SignIn signIn;
    private final Passwords passwords;
    private final Mailer mailer;
    private final Mails mails;
    private final RandomGenerator random;

    /// @param site where people open addresses of mails
    /// @param random cryptographically strong
    public Accounts(
            AccountStore store,
            SignIn signIn,
            Passwords passwords,
            Mailer mailer,
            URI site,
            RandomGenerator random) {
        this.store = store;
        this.signIn = signIn;
        this.passwords = passwords;
        this.mailer = mailer;
        this.mails = new Mails(site);
        this.random = random;
    }

    /// Signs up. Nobody learns from it whether the address has an account: its owner is told by
    /// mail.
    public void signUp(String email, String name, String password) {
        var token = MailTokens.generate(random);
        var hash = passwords.hash(password);
        var other = store.signUp(email, name, hash, MailTokens.hash(token), SIGN_UP_AGAIN);
        if (other.isEmpty()) mailer.send(mails.activation(email, name, token));
        else if (other.get().active()) mailer.send(mails.alreadyThere(other.get()));
    }

    /// How an activation ends.
    public sealed interface Activation {
        record Done(SignIn.Signed signed) implements Activation {}

        record InvalidToken() implements Activation {}

        record Already() implements Activation {}
    }

    /// Makes an account active and signs it in.
    public Activation activate(String token) {
        if (!MailTokens.valid(token)) return new Activation.InvalidToken();
        return switch (store.activate(MailTokens.hash(token))) {
            case AccountStore.Activated.Done(var account, _) ->
                    new Activation.Done(signIn.begin(account));
            case AccountStore.Activated.InvalidToken _ -> new Activation.InvalidToken();
            case AccountStore.Activated.Already _ -> new Activation.Already();
        };
    }

    /// Mails a token to an active account; nobody learns whether there is one.
    public void askReset(String email) {
        var token = MailTokens.generate(random);
        var account = store.byEmail(email).filter(Account::active);
        if (account.isEmpty()) return;
        store.askReset(account.get().id(), MailTokens.hash(token));
        mailer.send(mails.reset(account.get(), token));
    }

    /// A token that signs the caller in once, within [#LINK_LIFE].
    public String link(Principal by) {
        var token = MailTokens.generate(random);
        store.askLink(by, MailTokens.hash(token));
        return token;
    }

    /// Trades such a token for a session.
    ///
    /// @return empty for one that is not good
    public Optional<SignIn.Signed> useLink(String token) {
        if (!MailTokens.valid(token)) return Optional.empty();
        return store.useLink(MailTokens.hash(token)).map(signIn::begin);
    }

    /// Sets a new password and ends every session.
    ///
    /// @return false for a token that is not good
    public boolean reset(String token, String password) {
        if (!MailTokens.valid(token)) return false;
        var hash = passwords.hash(password);
        return store.reset(MailTokens.hash(token), hash).isPresent();
    }

    /// Sets a new password and ends every other session.
    ///
    /// @param present needed when one is set
    /// @return false when it is wrong
    public boolean changePassword(Principal by, Optional<String> present, String password) {
        var account = store.byId(by.user());
        var stored = account.flatMap(Account::passwordHash);
        if (stored.isPresent() && !passwords.matches(present.orElse(""), stored)) return false;
        if (!(by.credential() instanceof Credential.Session(var session))) return false;
        store.setPassword(by, session, passwords.hash(password));
        return true;
    }

    /// @return empty when the account is gone
    public Optional<Account> find(Principal by) {
        return store.byId(by.user());
    }

    /// Gives the account another name; the session goes on in its team.
    ///
    /// @return empty when the account or its membership is gone
    public Optional<SignIn.Signed> rename(Principal by, String name) {
        store.rename(by, name);
        var account = store.byId(by.user());
        Optional<Membership> membership = store.membership(by.user(), by.team());
        if (account.isEmpty() || membership.isEmpty()) return Optional.empty();
        return Optional.of(signIn.renew(by, account.get(), membership.get()));
    }

    /// Deletes the caller's account with the teams that it owns alone.
    ///
    /// @return false when it owns a team with other members
    public boolean delete(Principal by, Account account) {
        if (!store.delete(by)) return false;
        mailer.send(mails.deleted(account));
        return true;
    }

    /// Tells the owner of a new team about it.
    public void tellCreated(Principal owner, String team) {
        store.byId(owner.user())
                .ifPresent(account -> mailer.send(mails.teamCreated(account.email(), team)));
    }

    /// Tells a new member of a team about it.
    public void tellAdded(String email, String team) {
        mailer.send(mails.addedToTeam(email, team));
    }

    /// One round of removing what was deleted long ago; called by one replica at a time.
    public void purge() {
        for (var email : store.purge(PURGE_AFTER, AT_ONCE)) mailer.send(mails.purged(email));
    }
}
