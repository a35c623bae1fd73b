package dev.wrenn.control.store;

import dev.wrenn.control.domain.fleet.Fleet;
import dev.wrenn.control.domain.identity.Seed;
import dev.wrenn.control.domain.identity.SeedStore;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jdbi.v3.core.Handle;

/// The start-up seed in PostgreSQL.
public final class PgSeedStore implements SeedStore {
    private static final String USER =
            """
            insert into users (id, email, name, password_hash, status, is_admin)
            values (:id, lower(btrim(:email)), 'Admin', :password, 'active', true)
            on conflict on constraint users_email_unique do nothing
            """;

    private static final String USER_ID = "select id from users where email = lower(btrim(:email))";

    private static final String TEAM =
            """
            insert into teams (id, name, slug) values (:id, 'Default Team', :slug)
            on conflict (id) do nothing
            """;

    private static final String MEMBER =
            """
            insert into team_members (team_id, user_id, role, is_default)
            select :team, :user, 'owner',
                   not exists (select 1 from team_members where user_id = :user and is_default)
             where not exists (select 1 from team_members where team_id = :team)
            """;

    private static final String KEY =
            """
            insert into api_keys (id, team_id, created_by, name, key_hash, key_prefix)
            values (:id, :team, :user, 'First key', :hash, :prefix)
            on conflict on constraint api_keys_hash_unique do nothing
            """;

    private static final String HOST =
            """
            insert into hosts (id, address, status) values (:id, :address, :status)
            on conflict (id) do update set address = excluded.address
            """;

    /// The same token again, by a control plane that starts again, is good for another hour.
    private static final String HOST_TOKEN =
            """
            insert into host_tokens (id, host_id, token_hash, expires_at)
            values (:id, :host, :hash, clock_timestamp() + make_interval(secs => :life))
            on conflict on constraint host_tokens_hash_unique
            do update set expires_at = excluded.expires_at
            """;

    private final Database db;
    private final RandomGenerator random;

    /// @param random of the team's slug
    public PgSeedStore(Database db, RandomGenerator random) {
        this.db = db;
        this.random = random;
    }

    @Override
    public void seed(Seed seed) {
        db.inTransaction(h -> write(h, seed));
    }

    private static Optional<UUID> user(Handle h, String email) {
        return h.createQuery(USER_ID).bind("email", email).mapTo(UUID.class).findOne();
    }

    private static UUID newUser(Handle h, Seed seed) {
        h.createUpdate(USER)
                .bind("id", seed.user().value())
                .bind("email", seed.email())
                .bind("password", seed.passwordHash().get())
                .execute();
        return user(h, seed.email()).orElseThrow();
    }

    private boolean write(Handle h, Seed seed) {
        var user = user(h, seed.email()).orElseGet(() -> newUser(h, seed));
        var team = seed.team().value();
        h.createUpdate(TEAM).bind("id", team).bind("slug", TeamRows.slug(random)).execute();
        h.createUpdate(MEMBER).bind("team", team).bind("user", user).execute();
        h.createUpdate(KEY)
                .bind("id", UUID.randomUUID())
                .bind("team", team)
                .bind("user", user)
                .bind("hash", seed.keyHash())
                .bind("prefix", seed.keyPrefix())
                .execute();
        h.createUpdate(HOST)
                .bind("id", seed.host().value())
                .bind("address", seed.hostAddress())
                .bind("status", seed.hostTokenHash().isPresent() ? "pending" : "online")
                .execute();
        if (seed.hostTokenHash().isPresent())
            h.createUpdate(HOST_TOKEN)
                    .bind("id", UUID.randomUUID())
                    .bind("host", seed.host().value())
                    .bind("hash", seed.hostTokenHash().get())
                    .bind("life", Fleet.REGISTRATION.toSeconds())
                    .execute();
        return true;
    }
}
