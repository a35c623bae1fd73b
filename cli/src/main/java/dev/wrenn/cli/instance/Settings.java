package dev.wrenn.cli.instance;

import java.io.IOException;
import java.util.Map;
import java.util.function.IntSupplier;

/// What one start of an instance has decided: addresses and passwords. Passwords print as `***`.
///
/// @param databaseUrl the user's own database; empty: the embedded one
/// @param redisUrl the user's own Redis; empty: the embedded one
record Settings(
        String databaseUrl,
        String redisUrl,
        int apiPort,
        int agentPort,
        int postgresPort,
        int redisPort,
        String postgresPassword,
        String redisPassword,
        String userPassword) {
    /// @param freePort answers another free port each time
    static Settings choose(
            Map<String, String> environment, int apiPort, Secrets secrets, IntSupplier freePort)
            throws IOException {
        return new Settings(
                environment.getOrDefault("DATABASE_URL", "").strip(),
                environment.getOrDefault("REDIS_URL", "").strip(),
                apiPort,
                freePort.getAsInt(),
                freePort.getAsInt(),
                freePort.getAsInt(),
                secrets.of("postgres"),
                secrets.of("redis"),
                secrets.of("user"));
    }

    boolean embeddedPostgres() {
        return databaseUrl.isEmpty();
    }

    boolean embeddedRedis() {
        return redisUrl.isEmpty();
    }

    String apiUrl() {
        return "http://127.0.0.1:" + apiPort;
    }

    @Override
    public String toString() {
        return "Settings[api " + apiPort + ", agent " + agentPort + ", passwords ***]";
    }
}
