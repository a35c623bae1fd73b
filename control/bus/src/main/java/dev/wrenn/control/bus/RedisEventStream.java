package dev.wrenn.control.bus;

import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.audit.EventStream;
import dev.wrenn.control.domain.audit.Outbox;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
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
        try {
            redis.client()
                    .xadd(
                            STREAM,
                            bound.id(StreamEntryID.NEW_ENTRY),
                            Map.of("payload", payload(item)));
            return true;
        } catch (JedisException e) {
            LOG.atDebug().setCause(e).log("event not written");
            return false;
        }
    }

    /// The order of the fields is part of the format.
    static String payload(Outbox.Item item) {
        var entry = item.row().entry();
        var event = new LinkedHashMap<String, Object>();
        event.put("event", item.event());
        event.put("timestamp", item.row().at().truncatedTo(ChronoUnit.SECONDS).toString());
        event.put("team_id", entry.team().toString());
        event.put("actor", actor(entry.actor()));
        var resource = new LinkedHashMap<String, Object>();
        entry.resourceId().ifPresent(id -> resource.put("id", id));
        resource.put("type", entry.kind().resourceType());
        event.put("resource", resource);
        return JsonMapper.shared().writeValueAsString(event);
    }

    private static Map<String, Object> actor(Actor actor) {
        var json = new LinkedHashMap<String, Object>();
        json.put("type", actor.kind().wire());
        actor.id().ifPresent(id -> json.put("id", id));
        actor.name().ifPresent(name -> json.put("name", name));
        return json;
    }
}
