package dev.wrenn.control.bus;

import java.time.Duration;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.SetParams;

/// A claim on a name for some time, to save double work. It guards nothing that must be right: it
/// may be held twice when Redis loses it. Thread-safe.
public final class Lease {
    private static final String PREFIX = "wrenn:lease:";

    private final Redis redis;
    private final String owner;

    /// @param owner who claims, unique per process
    public Lease(Redis redis, String owner) {
        this.redis = redis;
        this.owner = owner;
    }

    /// Claims the name, or renews the own claim.
    ///
    /// @return false while another owner has it, and while Redis is away
    public boolean claim(String name, Duration time) {
        try {
            var key = PREFIX + name;
            var set = SetParams.setParams().nx().px(time.toMillis());
            if ("OK".equals(redis.client().set(key, owner, set))) return true;
            if (!owner.equals(redis.client().get(key))) return false;
            redis.client().pexpire(key, time.toMillis());
            return true;
        } catch (JedisException e) {
            return false;
        }
    }
}
