package dev.wrenn.control.store;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.NewCapsule;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.identity.Seed;
import dev.wrenn.control.domain.ports.PortSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// A database of its own with the schema, for one class of tests, and what most of them put in.
final class StoreFixture implements BeforeAllCallback, AfterAllCallback {
    private static final int CONNECTIONS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Capacity PLENTY = new Capacity(MemorySize.ofMib(1 << 20), 10_000);

    private final PostgresFixture postgres = new PostgresFixture();
    private @Nullable Database database;

    @Override
    public void beforeAll(ExtensionContext context) throws Exception {
        postgres.beforeAll(context);
        var url =
                DatabaseUrl.parse(
                        postgres.jdbcUrl() + "?user=" + postgres.user(),
                        Optional.of(new Secret(postgres.password())));
        database = Database.open(url, CONNECTIONS, PATIENCE);
    }

    @Override
    public void afterAll(ExtensionContext context) throws SQLException {
        db().close();
        postgres.afterAll(context);
    }

    Database db() {
        if (database == null) throw new IllegalStateException("only while a test class runs");
        return database;
    }

    /// A new connection outside the pool.
    Connection connect() throws SQLException {
        return postgres.connect();
    }

    /// Stores a team with its owner and a host.
    void seed(UserId user, TeamId team, HostId host) {
        new PgSeedStore(db(), new Random(host.hashCode()))
                .seed(
                        new Seed(
                                user,
                                user + "@example.org",
                                "$hash",
                                team,
                                "hash-" + user,
                                "wrn_x",
                                host,
                                "h:1"));
    }

    /// A capsule of `minimal` that is not stored yet, on a host that has room.
    NewCapsule capsule(UserId user, TeamId team, HostId host, CapsuleSpec spec) {
        return capsule(user, team, host, PLENTY, spec);
    }

    /// The same on a host that has so much.
    NewCapsule capsule(UserId user, TeamId team, HostId host, Capacity capacity, CapsuleSpec spec) {
        var template = new PgTemplateStore(db()).byName(team, "minimal").orElseThrow();
        return new NewCapsule(
                CapsuleId.random(),
                team,
                user,
                Actor.SYSTEM,
                template,
                host,
                capacity,
                spec,
                PortSettings.DEFAULT);
    }
}
