package dev.wrenn.control.store;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import dev.wrenn.control.domain.accounts.AccountStore;
import dev.wrenn.control.domain.accounts.Accounts;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.Audit;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.teams.Membership;
import dev.wrenn.control.domain.teams.Team;
import dev.wrenn.control.domain.teams.TeamName;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// Accounts in PostgreSQL.
public final class PgAccountStore implements AccountStore {
    private static final Duration ACTIVATION_LIFE = Duration.ofMinutes(30);
    private static final Duration RESET_LIFE = Duration.ofMinutes(15);

    private static final String MEMBERSHIP =
            "select "
                    + TeamRows.COLUMNS
                    + """
                      , m.role
                      from team_members m
                      join teams t on t.id = m.team_id and t.deleted_at is null
                     where m.user_id = :user and m.team_id = :team
                    """;

    private static final String TEAM_LIVES =
            "select exists (select 1 from teams where id = :team and deleted_at is null)";

    private final Database db;
    private final RandomGenerator random;

    /// @param random of the slugs of new teams
    public PgAccountStore(Database db, RandomGenerator random) {
        this.db = db;
        this.random = random;
    }

    private static Optional<Account> byEmail(Handle h, String sql, String email) {
        return h.createQuery(sql)
                .bind("email", email)
                .map((rs, _) -> AccountRows.account(rs))
                .findOne();
    }

    private static Optional<Account> byId(Handle h, String sql, UUID id) {
        return h.createQuery(sql).bind("id", id).map((rs, _) -> AccountRows.account(rs)).findOne();
    }

    @Override
    public Optional<Account> byEmail(String email) {
        return db.with(h -> byEmail(h, AccountStatements.BY_EMAIL, email));
    }

    @Override
    public Optional<Account> byId(UserId id) {
        return db.with(h -> byId(h, AccountStatements.BY_ID, id.value()));
    }

    @Override
    public Membership home(UserId user, String newTeamName) {
        var known = db.with(h -> TeamRows.home(h, user));
        if (known.isPresent()) return known.get();
        return db.inTransaction(h -> {
            byId(h, AccountStatements.LOCK_BY_ID, user.value());
            return TeamRows.home(h, user).orElseGet(() -> newHome(h, user, newTeamName));
        });
    }

    private Membership newHome(Handle h, UserId user, String name) {
        TeamRows.noDefault(h, user);
        var team = TeamRows.insert(h, name, user, true, random);
        AuditRows.write(h, Audit.teamCreated(team.id(), Actor.SYSTEM, name));
        return new Membership(team, Role.OWNER);
    }

    @Override
    public Optional<Membership> membership(UserId user, TeamId team) {
        return db.with(h ->
                h.createQuery(MEMBERSHIP)
                        .bind("user", user.value())
                        .bind("team", team.value())
                        .map((rs, _) -> TeamRows.membership(rs))
                        .findOne());
    }

    @Override
    public boolean teamLives(TeamId team) {
        return db.with(h ->
                h.createQuery(TEAM_LIVES).bind("team", team.value()).mapTo(Boolean.class).one());
    }

    @Override
    public void beginSession(UUID session, UserId user, Instant expires, AuditEntry entry) {
        db.inTransaction(h -> {
            h.createUpdate(AccountStatements.BEGIN_SESSION)
                    .bind("id", session)
                    .bind("user", user.value())
                    .bind("expires", OffsetDateTime.ofInstant(expires, ZoneOffset.UTC))
                    .execute();
            AuditRows.write(h, entry);
            return true;
        });
    }

    @Override
    public void note(AuditEntry entry) {
        db.inTransaction(h -> {
            AuditRows.write(h, entry);
            return true;
        });
    }

    @Override
    public Optional<Account> signUp(
            String email, String name, String passwordHash, String tokenHash, Duration again) {
        return db.inTransaction(h -> {
            var id = UUID.randomUUID();
            int rows =
                    h.createUpdate(AccountStatements.SIGN_UP)
                            .bind("id", id)
                            .bind("email", email)
                            .bind("name", name)
                            .bind("password", passwordHash)
                            .execute();
            if (rows == 0) {
                var other = byEmail(h, AccountStatements.LOCK_BY_EMAIL, email);
                if (other.isEmpty()) return other; // removed this moment; signing up again works
                id = other.get().id().value();
                int replaced =
                        h.createUpdate(AccountStatements.SIGN_UP_AGAIN)
                                .bind("id", id)
                                .bind("name", name)
                                .bind("password", passwordHash)
                                .bind("again", again.toSeconds())
                                .execute();
                if (replaced == 0) return other;
            }
            token(h, id, Purpose.ACTIVATION, tokenHash, ACTIVATION_LIFE);
            return Optional.empty();
        });
    }

    /// In the place of earlier ones.
    private static void token(
            Handle h, UUID user, Purpose purpose, String tokenHash, Duration life) {
        h.createUpdate(AccountStatements.TOKENS_OF)
                .bind("user", user)
                .bind("purpose", purpose.wire())
                .execute();
        h.createUpdate(AccountStatements.TOKEN)
                .bind("hash", tokenHash)
                .bind("user", user)
                .bind("purpose", purpose.wire())
                .bind("life", life.toSeconds())
                .execute();
    }

    /// The account whose token this was, locked.
    private static Optional<Account> use(Handle h, String tokenHash, Purpose purpose) {
        return h.createQuery(AccountStatements.USE_TOKEN)
                .bind("hash", tokenHash)
                .bind("purpose", purpose.wire())
                .mapTo(UUID.class)
                .findOne()
                .flatMap(id -> byId(h, AccountStatements.LOCK_BY_ID, id));
    }

    @Override
    public Activated activate(String tokenHash) {
        return db.inTransaction(h -> {
            var account = use(h, tokenHash, Purpose.ACTIVATION);
            if (account.isEmpty()) return new Activated.InvalidToken();
            var waiting = account.get();
            if (waiting.status() != Account.Status.INACTIVE) return new Activated.Already();
            h.createUpdate(AccountStatements.ACTIVATE).bind("id", waiting.id().value()).execute();
            var home = newHome(h, waiting.id(), TeamName.ofUser(waiting.name()));
            AuditRows.write(
                    h, event(home.team().id(), waiting, "activate", AuditEntry.Tone.SUCCESS));
            var active = byId(h, AccountStatements.BY_ID, waiting.id().value());
            return new Activated.Done(active.orElseThrow(), home);
        });
    }

    private static AuditEntry event(
            TeamId team, Account account, String action, AuditEntry.Tone tone) {
        var actor = Actor.user(account.id(), account.name());
        return Audit.account(team, actor, action, account.id(), tone);
    }

    @Override
    public void askReset(UserId user, String tokenHash) {
        db.inTransaction(h -> {
            token(h, user.value(), Purpose.RESET, tokenHash, RESET_LIFE);
            return true;
        });
    }

    @Override
    public Optional<Account> reset(String tokenHash, String passwordHash) {
        return db.inTransaction(h -> {
            var account = use(h, tokenHash, Purpose.RESET).filter(Account::active);
            if (account.isEmpty()) return account;
            var id = account.get().id();
            setPassword(h, id, passwordHash);
            endSessions(h, id, new UUID(0, 0));
            var home = TeamRows.home(h, id).map(m -> m.team().id()).orElse(TeamId.PLATFORM);
            AuditRows.write(
                    h, event(home, account.get(), "password_reset", AuditEntry.Tone.WARNING));
            return account;
        });
    }

    @Override
    public void askLink(Principal by, String tokenHash) {
        db.inTransaction(h -> {
            token(h, by.user().value(), Purpose.SIGN_IN, tokenHash, Accounts.LINK_LIFE);
            AuditRows.write(h, own(by, "sign_in_link", AuditEntry.Tone.INFO));
            return true;
        });
    }

    @Override
    public Optional<Account> useLink(String tokenHash) {
        return db.inTransaction(h -> use(h, tokenHash, Purpose.SIGN_IN).filter(Account::active));
    }

    private static void setPassword(Handle h, UserId user, String hash) {
        h.createUpdate(AccountStatements.SET_PASSWORD)
                .bind("id", user.value())
                .bind("password", hash)
                .execute();
        h.createUpdate(AccountStatements.TOKENS_OF)
                .bind("user", user.value())
                .bind("purpose", Purpose.SIGN_IN.wire())
                .execute();
    }

    private static void endSessions(Handle h, UserId user, UUID keep) {
        h.createUpdate(AccountStatements.END_SESSIONS)
                .bind("user", user.value())
                .bind("keep", keep)
                .execute();
    }

    @Override
    public void setPassword(Principal by, UUID keep, String passwordHash) {
        db.inTransaction(h -> {
            setPassword(h, by.user(), passwordHash);
            endSessions(h, by.user(), keep);
            h.createUpdate(AccountStatements.TOKENS_OF)
                    .bind("user", by.user().value())
                    .bind("purpose", Purpose.RESET.wire())
                    .execute();
            AuditRows.write(h, own(by, "password_change", AuditEntry.Tone.INFO));
            return true;
        });
    }

    private static AuditEntry own(Principal by, String action, AuditEntry.Tone tone) {
        return Audit.account(by.team(), by.actor(), action, by.user(), tone);
    }

    @Override
    public void rename(Principal by, String name) {
        db.inTransaction(h -> {
            h.createUpdate(AccountStatements.RENAME)
                    .bind("id", by.user().value())
                    .bind("name", name)
                    .execute();
            AuditRows.write(h, own(by, "rename", AuditEntry.Tone.INFO));
            return true;
        });
    }

    private record Owned(Team team, boolean owner, int members) {}

    @Override
    public boolean delete(Principal by) {
        var user = by.user().value();
        return db.inTransaction(h -> {
            byId(h, AccountStatements.LOCK_BY_ID, user);
            var teams =
                    h.createQuery(AccountStatements.LOCK_TEAMS)
                            .bind("user", user)
                            .map((rs, _) ->
                                    new Owned(
                                            TeamRows.team(rs),
                                            Role.OWNER.wire().equals(rs.getString("role")),
                                            rs.getInt("members")))
                            .list();
            for (var team : teams) if (team.owner && team.members > 1) return false;
            AuditRows.write(h, own(by, "delete", AuditEntry.Tone.WARNING));
            for (var team : teams) {
                if (team.owner) TeamRows.delete(h, team.team, by.actor());
                else AuditRows.write(h, Audit.memberLeft(team.team.id(), by.actor(), by.user()));
            }
            for (var sql :
                    List.of(
                            AccountStatements.KEYS_OF,
                            AccountStatements.IDENTITIES_OF,
                            AccountStatements.LEAVE_ALL))
                h.createUpdate(sql).bind("user", user).execute();
            endSessions(h, by.user(), new UUID(0, 0));
            h.createUpdate(AccountStatements.DELETE).bind("id", user).execute();
            return true;
        });
    }

    private record Gone(UserId user, String email) {}

    @Override
    public List<String> purge(Duration age, int limit) {
        return db.inTransaction(h -> {
            h.execute(AccountStatements.ANONYMISE_ON);
            var gone =
                    h.createQuery(AccountStatements.DELETED)
                            .bind("age", age.toSeconds())
                            .bind("limit", limit)
                            .map((rs, _) ->
                                    new Gone(
                                            new UserId(rs.getObject("id", UUID.class)),
                                            rs.getString("email")))
                            .list();
            var emails = new ArrayList<String>();
            for (var account : gone) {
                remove(h, account.user);
                emails.add(account.email);
            }
            return emails;
        });
    }

    private static void remove(Handle h, UserId user) {
        for (var sql :
                List.of(AccountStatements.ANONYMISE_ACTOR, AccountStatements.ANONYMISE_MEMBER))
            h.createUpdate(sql).bind("id", user.toString()).execute();
        for (var sql : List.of(AccountStatements.KEYS_OF, AccountStatements.LEAVE_HISTORY))
            h.createUpdate(sql).bind("user", user.value()).execute();
        h.createUpdate(AccountStatements.REMOVE).bind("id", user.value()).execute();
    }
}
