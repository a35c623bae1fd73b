package dev.wrenn.control.server;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import dev.wrenn.control.api.ApiConfig;
import dev.wrenn.control.api.AttemptLimits;
import dev.wrenn.control.api.TerminalTimes;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.channels.Seals;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.hostlink.FakeHostAgent;
import dev.wrenn.control.outgoing.GitHub;
import dev.wrenn.control.outgoing.TargetRules;
import dev.wrenn.control.store.DatabaseUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/// What a control plane under test stands on: databases, a fake host agent, one seeded team.
final class Stack implements AutoCloseable {
    static final CapsuleLimits LIMITS =
            new CapsuleLimits(
                    4,
                    MemorySize.ofMib(2048),
                    Duration.ofDays(1),
                    new Amounts(25, 60, 60 << 10, 1 << 20, 10));

    static final Path MAILS = Mails.directory();

    static final FakeGitHub GITHUB = FakeGitHub.start();

    static final IdentityConfig IDENTITY =
            new IdentityConfig(
                    new Secret("a secret that is only good for tests"),
                    URI.create("http://localhost:8080"),
                    4,
                    new AttemptLimits(1000, 20, Duration.ofMinutes(15), false),
                    Optional.empty(),
                    MAILS,
                    "wrenn@example.org",
                    new ChannelConfig(
                            new Seals(
                                    new Secret("00112233445566778899aabbccddeeff".repeat(2)),
                                    List.of(),
                                    new SecureRandom()),
                            TargetRules.of(List.of("localhost"))),
                    Optional.of(
                            new GitHub.Settings(
                                    "client",
                                    new Secret("client secret of GitHub"),
                                    GITHUB.uri(),
                                    GITHUB.uri())));

    /// Short enough to be seen in a test, long enough for a busy machine.
    static final TerminalTimes TERMINALS =
            new TerminalTimes(Duration.ofSeconds(2), Duration.ofSeconds(1), Duration.ofSeconds(4));

    final FakeHostAgent agent = FakeHostAgent.start();

    /// Of the control planes that are started from now on.
    FleetSettings fleet = FleetSettings.DEFAULT;

    /// Of the control planes that are started from now on.
    Optional<Path> dashboard = Optional.empty();

    final String key = newKey();
    final TeamId team = new TeamId(UUID.randomUUID());
    final HostId host = new HostId(UUID.randomUUID());
    final String email = "admin-" + host.base36() + "@example.org";
    static final String PASSWORD = "correct horse";
    final PostgresFixture postgres;
    final Path bootstrap;
    private final RedisFixture redis;
    private final String databaseUrl;

    Stack(PostgresFixture postgres, RedisFixture redis) {
        this(postgres, redis, postgres.jdbcUrl());
    }

    Stack(PostgresFixture postgres, RedisFixture redis, String databaseUrl) {
        this.postgres = postgres;
        this.redis = redis;
        this.databaseUrl = databaseUrl;
        this.bootstrap = writeBootstrap();
    }

    static String newKey() {
        var bytes = new byte[16];
        new SecureRandom().nextBytes(bytes);
        return "wrn_" + HexFormat.of().formatHex(bytes);
    }

    private Path writeBootstrap() {
        var json =
                """
                {"email":"%s","password":"%s","api_key":"%s",
                 "team_id":"%s","user_id":"%s","host_id":"%s","host_address":"%s"}
                """
                        .formatted(
                                email,
                                PASSWORD,
                                key,
                                team,
                                new UserId(UUID.randomUUID()),
                                host,
                                agent.address());
        try {
            var file =
                    Files.createTempFile(
                            "bootstrap",
                            ".json",
                            PosixFilePermissions.asFileAttribute(
                                    PosixFilePermissions.fromString("rw-------")));
            file.toFile().deleteOnExit();
            return Files.writeString(file, json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ControlConfig config() {
        return config(redis.uri().toString());
    }

    ControlConfig config(String redisUrl) {
        return new ControlConfig(
                DatabaseUrl.parse(
                        databaseUrl.replace("?", "?user=" + postgres.user() + "&")
                                + (databaseUrl.contains("?") ? "" : "?user=" + postgres.user()),
                        Optional.of(new Secret(postgres.password()))),
                8,
                redisUrl,
                Optional.empty(),
                new ApiConfig(
                        "127.0.0.1",
                        0,
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(20),
                        Duration.ofSeconds(5),
                        TERMINALS,
                        dashboard),
                Optional.empty(),
                Optional.of(bootstrap),
                LIMITS,
                IDENTITY,
                fleet,
                BuildConfig.DEFAULT,
                Optional.empty());
    }

    /// Starts a control plane and waits until it is ready.
    Control control() throws InterruptedException {
        var control = Control.start(config());
        awaitReady(control);
        return control;
    }

    static void awaitReady(Control control) {
        awaitReady(control.port());
    }

    static void awaitReady(int port) {
        var probe = new ApiProbe(port, "");
        await(Duration.ofSeconds(30), () -> probe.get("/ready").status() == 200);
    }

    ApiProbe probe(Control control) {
        return new ApiProbe(control.port(), key);
    }

    /// A second team with a key of its own, written straight to the database.
    String otherTeam() throws Exception {
        var other = newKey();
        try (var connection = postgres.connect();
                var statement = connection.createStatement()) {
            var team = UUID.randomUUID();
            statement.execute(
                    """
                    insert into teams (id, name, slug) values ('%1$s', 'Other', '%1$s');
                    insert into team_members (team_id, user_id, role)
                      select '%1$s', id, 'owner' from users limit 1;
                    insert into api_keys (id, team_id, created_by, name, key_hash, key_prefix)
                      select gen_random_uuid(), '%1$s', id, 'k', '%2$s', 'wrn_' from users limit 1;
                    """
                            .formatted(
                                    team,
                                    dev.wrenn.control.domain.identity.ApiKeyText.hash(other)));
        }
        return other;
    }

    /// Looks until it is so, within a time budget.
    static void await(Duration limit, BooleanSupplier wanted) {
        long end = System.nanoTime() + limit.toNanos();
        while (!wanted.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("not so within " + limit);
            LockSupport.parkNanos(5_000_000);
        }
    }

    @Override
    public void close() throws IOException {
        agent.close();
        Files.deleteIfExists(bootstrap);
    }
}
