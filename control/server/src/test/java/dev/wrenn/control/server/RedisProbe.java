package dev.wrenn.control.server;

import dev.wrenn.common.testing.RedisFixture;
import java.util.ArrayList;
import redis.clients.jedis.RedisClient;

/// Reads the event stream.
final class RedisProbe {
    private RedisProbe() {}

    /// The types of the capsule's events, in order.
    static String events(RedisFixture redis, String capsule) {
        try (var client = RedisClient.create(redis.uri())) {
            var types = new ArrayList<String>();
            for (var entry :
                    client.xrange(dev.wrenn.control.bus.RedisCapsuleEvents.STREAM, "-", "+", 1000))
                if (capsule.equals(entry.getFields().get("capsule")))
                    types.add(entry.getFields().get("type"));
            return String.join(" ", types);
        }
    }
}
