package dev.wrenn.control.server;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.api.ApiConfig;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.store.DatabaseUrl;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/// The settings of the control plane.
///
/// @param database `DATABASE_URL`, password perhaps in the file `WRENN_DATABASE_PASSWORD_FILE`
/// @param connections `WRENN_CP_DB_CONNECTIONS`, to the database
/// @param redisUrl `REDIS_URL`, password perhaps in the file `WRENN_REDIS_PASSWORD_FILE`
/// @param api `WRENN_CP_LISTEN_ADDR`, `host:port`; `:8080` listens on all addresses;
///   `WRENN_CP_DASHBOARD_DIR`, the built pages
/// @param authority `WRENN_CA_CERT` and `WRENN_CA_KEY`: PEM files of the platform's authority, the
///   same on every replica; without it hosts are talked to in the clear
/// @param bootstrap `WRENN_BOOTSTRAP_FILE`, see [Bootstrap]
/// @param limits `WRENN_CP_MAX_VCPUS`, `WRENN_CP_MAX_MEMORY_MB`, `WRENN_CP_MAX_IDLE`,
///   `WRENN_CP_TEAM_CAPSULES`, `…_VCPUS`, `…_MEMORY_MB`, `…_DISK_MB`, `…_SNAPSHOTS`
/// @param identity see [IdentityConfig]
/// @param fleet see [FleetSettings]
/// @param objects where images of paused capsules outlive their hosts; empty: they do not
public record ControlConfig(
        DatabaseUrl database,
        int connections,
        String redisUrl,
        Optional<Secret> redisPassword,
        ApiConfig api,
        Optional<AuthorityFiles> authority,
        Optional<Path> bootstrap,
        CapsuleLimits limits,
        IdentityConfig identity,
        FleetSettings fleet,
        BuildConfig builds,
        Optional<ObjectsConfig> objects) {
    private static final int MOST = Integer.MAX_VALUE; // 2 PiB

    /// PEM files of the authority, the key as PKCS#8.
    public record AuthorityFiles(Path certificate, Path key) {}

    /// @throws ConfigException naming the first variable that is wrong
    public static ControlConfig of(Env env) {
        var config =
                new ControlConfig(
                        DatabaseUrl.parse(
                                env.required("DATABASE_URL"),
                                secret(env, "DATABASE_PASSWORD_FILE")),
                        env.integer("WRENN_CP_DB_CONNECTIONS", 16, 2, 500),
                        env.required("REDIS_URL"),
                        secret(env, "REDIS_PASSWORD_FILE"),
                        listen(env.text("WRENN_CP_LISTEN_ADDR", ":8080")).with(dashboard(env)),
                        Optional.of(
                                new AuthorityFiles(
                                        file(env, "WRENN_CA_CERT"), file(env, "WRENN_CA_KEY"))),
                        env.optional("WRENN_BOOTSTRAP_FILE").map(Path::of),
                        limits(env),
                        IdentityConfig.of(env),
                        FleetSettings.of(env),
                        BuildConfig.of(env),
                        ObjectsConfig.of(env));
        env.rejectUnknown("WRENN_CP_");
        return config;
    }

    private static CapsuleLimits limits(Env env) {
        var normal = CapsuleLimits.DEFAULT;
        int least = (int) CapsuleSpec.MIN_MEMORY.mib();
        int most = (int) CapsuleSpec.MAX_MEMORY.mib();
        return new CapsuleLimits(
                env.integer("WRENN_CP_MAX_VCPUS", normal.vcpus(), 1, CapsuleSpec.MAX_VCPUS),
                MemorySize.ofMib(
                        env.integer(
                                "WRENN_CP_MAX_MEMORY_MB",
                                (int) normal.memory().mib(),
                                least,
                                most)),
                env.duration("WRENN_CP_MAX_IDLE", normal.idleTimeout()),
                team(env, normal.team()));
    }

    private static Amounts team(Env env, Amounts normal) {
        return new Amounts(
                env.integer("WRENN_CP_TEAM_CAPSULES", (int) normal.capsules(), 1, 1_000_000),
                env.integer("WRENN_CP_TEAM_VCPUS", (int) normal.vcpus(), 1, 10_000_000),
                env.integer("WRENN_CP_TEAM_MEMORY_MB", (int) normal.memoryMb(), 1, MOST),
                env.integer("WRENN_CP_TEAM_DISK_MB", (int) normal.diskMb(), 1, MOST),
                env.integer("WRENN_CP_TEAM_SNAPSHOTS", (int) normal.snapshots(), 0, 1_000_000));
    }

    private static ApiConfig listen(String text) {
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            var host = colon <= 0 ? "0.0.0.0" : text.substring(0, colon);
            if (colon >= 0 && port >= 0 && port <= 65_535)
                return ApiConfig.of(host.replace("[", "").replace("]", ""), port);
        } catch (NumberFormatException e) {
            // answered below together with a missing colon
        }
        throw new ConfigException(
                "WRENN_CP_LISTEN_ADDR: " + text + " (expected: host:port or :port)");
    }

    private static Optional<Path> dashboard(Env env) {
        var pages = env.optional("WRENN_CP_DASHBOARD_DIR").map(Path::of);
        if (pages.isPresent() && !Files.isReadable(pages.get().resolve("index.html")))
            throw new ConfigException(
                    "WRENN_CP_DASHBOARD_DIR: " + pages.get() + " (expected: a built dashboard)");
        return pages;
    }

    /// The content of a file; the variable may be spelt with or without `WRENN_`.
    static Optional<Secret> secret(Env env, String name) {
        var path = env.optional("WRENN_" + name).or(() -> env.optional(name));
        return path.map(p -> {
            try {
                return new Secret(Files.readString(Path.of(p)).strip());
            } catch (IOException e) {
                throw new ConfigException(name + ": " + p + " cannot be read");
            }
        });
    }

    private static Path file(Env env, String name) {
        var path = env.optional(name).map(Path::of);
        if (path.isEmpty()) throw new ConfigException(name + ": not set");
        if (!Files.isReadable(path.get()))
            throw new ConfigException(name + ": " + path.get() + " cannot be read");
        return path.get();
    }

    /// How long the database may take to answer at start.
    static Duration startPatience() {
        return Duration.ofSeconds(60);
    }
}
