package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.accounts.Email;
import dev.wrenn.control.domain.accounts.OAuthProvider;
import dev.wrenn.control.domain.accounts.OAuthStore;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry.Tone;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.teams.TeamName;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Accounts of other services, in PostgreSQL.
public final class PgOAuthStore implements OAuthStore {
    private static final String PURPOSE = "oauth";
    private static final long CODE_LIFE = 60; // seconds

    private static final String KNOWN =
            """
            select u.id, u.email, u.name, u.password_hash, u.status, u.is_admin, u.created_at
              from oauth_identities o join users u on u.id = o.user_id
             where o.provider = :provider and o.provider_id = :theirs
            """;

    private static final String CREATE =
            """
            insert into users (id, email, name, status) values (:id, :email, :name, 'active')
            on conflict on constraint users_email_unique do nothing
            """;

    private static final String REPLACE =
            """
            update users set name = :name, password_hash = null, status = 'active',
                   created_at = now()
             where id = :id and status = 'inactive'
            """;

    private static final String FORGET_TOKENS = "delete from mail_tokens where user_id = :id";

    private static final String LINK =
            """
            insert into oauth_identities (provider, provider_id, user_id, email)
            select :provider, :theirs, id, :email from users where id = :user and status = 'active'
            on conflict do nothing
            """;

    private static final String OF_USER =
            "select provider from oauth_identities where user_id = :user order by provider";

    private static final String UNLINK =
            "delete from oauth_identities where user_id = :user and provider = :provider";

    private final Database db;
    private final RandomGenerator random;

    /// @param random of the slugs of new teams
    public PgOAuthStore(Database db, RandomGenerator random) {
        this.db = db;
        this.random = random;
    }

    @Override
    public Optional<Account> known(String provider, String theirId) {
        return db.with(h ->
                h.createQuery(KNOWN)
                        .bind("provider", provider)
                        .bind("theirs", theirId)
                        .map((rs, _) -> AccountRows.account(rs))
                        .findOne());
    }

    @Override
    public Optional<Account> signUp(String provider, OAuthProvider.Person person) {
        var email = Email.normal(person.email());
        return db.inTransaction(h -> {
            var id = create(h, email, person.name());
            if (id.isEmpty() || !link(h, id.get(), provider, person)) {
                h.rollback();
                return Optional.empty();
            }
            var user = new UserId(id.get());
            var name = TeamName.ofUser(person.name());
            TeamRows.noDefault(h, user);
            var team = TeamRows.insert(h, name, user, true, random);
            AuditRows.write(h, Audit.teamCreated(team.id(), Actor.SYSTEM, name));
            var actor = Actor.user(user, person.name());
            AuditRows.write(h, Audit.account(team.id(), actor, "activate", user, Tone.SUCCESS));
            return byId(h, id.get());
        });
    }

    private static Optional<UUID> create(Handle h, String email, String name) {
        var id = UUID.randomUUID();
        int rows =
                h.createUpdate(CREATE)
                        .bind("id", id)
                        .bind("email", email)
                        .bind("name", name)
                        .execute();
        if (rows == 1) return Optional.of(id);
        var other =
                h.createQuery(AccountStatements.LOCK_BY_EMAIL)
                        .bind("email", email)
                        .map((rs, _) -> AccountRows.account(rs))
                        .findOne()
                        .filter(account -> account.status() == Account.Status.INACTIVE);
        if (other.isEmpty()) return Optional.empty();
        var waiting = other.get().id().value();
        h.createUpdate(REPLACE).bind("id", waiting).bind("name", name).execute();
        h.createUpdate(FORGET_TOKENS).bind("id", waiting).execute();
        return Optional.of(waiting);
    }

    private static Optional<Account> byId(Handle h, UUID id) {
        return h.createQuery(AccountStatements.BY_ID)
                .bind("id", id)
                .map((rs, _) -> AccountRows.account(rs))
                .findOne();
    }

    private static boolean link(Handle h, UUID user, String provider, OAuthProvider.Person person) {
        return h.createUpdate(LINK)
                        .bind("provider", provider)
                        .bind("theirs", person.id())
                        .bind("user", user)
                        .bind("email", Email.normal(person.email()))
                        .execute()
                == 1;
    }

    @Override
    public boolean link(UserId user, String provider, OAuthProvider.Person person) {
        return db.inTransaction(h -> {
            if (!link(h, user.value(), provider, person)) return false;
            var name = byId(h, user.value()).map(Account::name).orElse("");
            write(h, user, Actor.user(user, name), "connect_" + provider, Tone.INFO);
            return true;
        });
    }

    /// In the trail of the team that the user begins in.
    private static void write(Handle h, UserId user, Actor actor, String action, Tone tone) {
        var home = TeamRows.home(h, user).map(m -> m.team().id()).orElse(TeamId.PLATFORM);
        AuditRows.write(h, Audit.account(home, actor, action, user, tone));
    }

    @Override
    public Unlinked unlink(Principal by, String provider) {
        var user = by.user().value();
        return db.inTransaction(h -> {
            var account =
                    h.createQuery(AccountStatements.LOCK_BY_ID)
                            .bind("id", user)
                            .map((rs, _) -> AccountRows.account(rs))
                            .findOne();
            var linked = of(h, user);
            if (account.isEmpty() || !linked.contains(provider)) return Unlinked.NOT_FOUND;
            if (account.get().passwordHash().isEmpty() && linked.size() == 1) return Unlinked.LAST;
            h.createUpdate(UNLINK).bind("user", user).bind("provider", provider).execute();
            write(h, by.user(), by.actor(), "disconnect_" + provider, Tone.WARNING);
            return Unlinked.DONE;
        });
    }

    @Override
    public List<String> of(UserId user) {
        return db.with(h -> of(h, user.value()));
    }

    private static List<String> of(Handle h, UUID user) {
        return h.createQuery(OF_USER).bind("user", user).mapTo(String.class).list();
    }

    @Override
    public void code(UserId user, String hash) {
        db.inTransaction(h -> {
            h.createUpdate(AccountStatements.TOKENS_OF)
                    .bind("user", user.value())
                    .bind("purpose", PURPOSE)
                    .execute();
            return h.createUpdate(AccountStatements.TOKEN)
                    .bind("hash", hash)
                    .bind("user", user.value())
                    .bind("purpose", PURPOSE)
                    .bind("life", CODE_LIFE)
                    .execute();
        });
    }

    @Override
    public Optional<Account> use(String hash) {
        return db.inTransaction(h ->
                h.createQuery(AccountStatements.USE_TOKEN)
                        .bind("hash", hash)
                        .bind("purpose", PURPOSE)
                        .mapTo(UUID.class)
                        .findOne()
                        .flatMap(id -> byId(h, id))
                        .filter(Account::active));
    }
}
