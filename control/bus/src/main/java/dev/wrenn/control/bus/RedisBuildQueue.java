package dev.wrenn.control.bus;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.control.domain.builds.BuildQueue;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisException;

/// The list `wrenn:build_queue`: ids are pushed at the right and popped at the left. An id that is
/// lost is found by the workers in the database.
public final class RedisBuildQueue implements BuildQueue {
    private static final Logger LOG = LoggerFactory.getLogger(RedisBuildQueue.class);
    private static final String KEY = "wrenn:build_queue";

    private final Redis redis;

    public RedisBuildQueue(Redis redis) {
        this.redis = redis;
    }

    @Override
    public void push(BuildId id) {
        try {
            redis.client().rpush(KEY, id.toString());
        } catch (JedisException e) {
            LOG.atInfo().addKeyValue("build", id).log("not queued: {}", e.getMessage());
        }
    }

    @Override
    public void await(Duration longest) throws InterruptedException {
        try {
            redis.client().blpop(longest.toMillis() / 1000.0, KEY);
        } catch (JedisException e) {
            LOG.atDebug().log("no queue: {}", e.getMessage());
            Thread.sleep(longest); // the database is asked after the same time
        }
    }
}
