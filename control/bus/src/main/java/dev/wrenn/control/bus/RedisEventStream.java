package dev.wrenn.control.bus;

import dev.wrenn.control.domain.audit.Envelope;
import dev.wrenn.control.domain.audit.EventStream;
import dev.wrenn.control.domain.audit.Outbox;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XAddParams;
import tools.jackson.databind.json.JsonMapper;

/// The stream `wrenn:events` in Redis: one field `payload`, an event as compact JSON. Thread-safe.
public final class RedisEventStream implements EventStream {
    /// The stream.
    public static final String STREAM = "wrenn:events";

    private static final Logger LOG = LoggerFactory.getLogger(RedisEventStream.class);
    private static final int LENGTH = 10_000;

    private final Redis redis;

    public RedisEventStream(Redis redis) {
        this.redis = redis;
    }

    @Override
    public boolean publish(Outbox.Item item) {
        var bound = XAddParams.xAddParams().approximateTrimming().maxLen(LENGTH);
        var payload = JsonMapper.shared().writeValueAsString(Envelope.of(item));
        try {
            redis.client()
                    .xadd(STREAM, bound.id(StreamEntryID.NEW_ENTRY), Map.of("payload", payload));
            return true;
        } catch (JedisException e) {
            LOG.atDebug().setCause(e).log("event not written");
            return false;
        }
    }
}
