package dev.wrenn.cli.instance;

import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.function.IntSupplier;

/// What one start of an instance has decided: addresses and passwords. Passwords print as `***`.
///
/// @param databaseUrl the user's own database; empty: the embedded one
/// @param redisUrl the user's own Redis; empty: the embedded one
record Settings(
        String databaseUrl,
        String redisUrl,
        InetSocketAddress api,
        int agentPort,
        int postgresPort,
        int redisPort,
        String postgresPassword,
        String redisPassword,
        String userPassword) {
    /// @param freePort answers another free port each time
    static Settings choose(
            Map<String, String> environment,
            InetSocketAddress api,
            Secrets secrets,
            IntSupplier freePort)
            throws IOException {
        return new Settings(
                environment.getOrDefault("DATABASE_URL", "").strip(),
                environment.getOrDefault("REDIS_URL", "").strip(),
                api,
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

    /// `host:port` to listen on.
    String listen() {
        return host() + ":" + api.getPort();
    }

    private String host() {
        var address = api.getAddress();
        var text = address.getHostAddress();
        return address instanceof Inet6Address ? "[" + text + "]" : text;
    }

    /// Where clients on this machine find it.
    String apiUrl() {
        boolean all = api.getAddress().isAnyLocalAddress();
        return "http://" + (all ? "127.0.0.1" : host()) + ":" + api.getPort();
    }

    @Override
    public String toString() {
        return "Settings[api " + api + ", agent " + agentPort + ", passwords ***]";
    }
}
