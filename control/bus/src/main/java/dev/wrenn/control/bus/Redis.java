package dev.wrenn.control.bus;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.Optional;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/// The connections to Redis. Opened lazily: Redis need not be there at start. Thread-safe.
public final class Redis implements AutoCloseable {
    private static final int DEFAULT_PORT = 6379;
    private static final int CONNECTIONS = 16;
    private static final Duration LIMIT = Duration.ofSeconds(2); // of connecting and of an answer

    private final RedisClient client;

    private Redis(RedisClient client) {
        this.client = client;
    }

    /// Takes `redis://user:password@host:port/database` or `rediss://` for TLS. A password given
    /// apart wins.
    ///
    /// @throws ConfigException for anything else; the text is not repeated, it may hold a password
    public static Redis open(String url, Optional<Secret> password) {
        try {
            var uri = new URI(url);
            boolean tls = "rediss".equals(uri.getScheme());
            if (uri.getHost() == null || !(tls || "redis".equals(uri.getScheme())))
                throw malformed();
            var config =
                    DefaultJedisClientConfig.builder()
                            .ssl(tls)
                            .connectionTimeoutMillis((int) LIMIT.toMillis())
                            .socketTimeoutMillis((int) LIMIT.toMillis())
                            .database(database(uri))
                            .clientName("wrenn-control");
            login(uri, password, config);
            var pool = new ConnectionPoolConfig();
            pool.setMaxTotal(CONNECTIONS);
            pool.setMaxWait(LIMIT);
            pool.setJmxEnabled(false); // nobody reads it, and it starts the JVM's flight recorder
            int port = uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort();
            return new Redis(
                    RedisClient.builder()
                            .hostAndPort(new HostAndPort(uri.getHost(), port))
                            .clientConfig(config.build())
                            .poolConfig(pool)
                            .build());
        } catch (URISyntaxException e) {
            throw malformed();
        }
    }

    private static int database(URI uri) {
        var path = uri.getPath();
        if (path == null || path.length() < 2) return 0;
        try {
            return Integer.parseInt(path.substring(1));
        } catch (NumberFormatException e) {
            throw malformed();
        }
    }

    private static void login(
            URI uri, Optional<Secret> given, DefaultJedisClientConfig.Builder config) {
        var login = uri.getUserInfo();
        int colon = login == null ? -1 : login.indexOf(':');
        if (login != null) {
            var user = colon < 0 ? login : login.substring(0, colon);
            if (!user.isEmpty()) config.user(user);
            if (colon >= 0) config.password(login.substring(colon + 1));
        }
        given.ifPresent(secret -> config.password(secret.reveal()));
    }

    private static ConfigException malformed() {
        return new ConfigException("REDIS_URL: not usable (expected: redis://host:port)");
    }

    RedisClient client() {
        return client;
    }

    /// True when Redis answers now.
    public boolean answers() {
        try {
            return "PONG".equals(client.ping());
        } catch (JedisException e) {
            return false;
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
