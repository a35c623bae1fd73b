package dev.wrenn.control.bus;

import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.control.domain.capsules.CapsuleEvents;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import io.micrometer.core.instrument.Counter;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.StreamEntryID;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.XAddParams;

/// Publishes changes of capsules to the stream `wrenn:changes`. A virtual thread of its own writes,
/// so Redis delays nobody; while Redis is away up to 4096 changes wait, further ones are dropped
/// and counted. Thread-safe.
public final class RedisCapsuleEvents implements CapsuleEvents, AutoCloseable {
    /// The stream.
    public static final String STREAM = "wrenn:changes";

    private static final Logger LOG = LoggerFactory.getLogger(RedisCapsuleEvents.class);
    private static final int WAITING = 4096;
    private static final int STREAM_LENGTH = 100_000;
    private static final Duration LAST_CALL = Duration.ofSeconds(2);

    private final Redis redis;
    private final BlockingQueue<Map<String, String>> queue = new ArrayBlockingQueue<>(WAITING);
    private final Counter published;
    private final Counter dropped;
    private final Thread writer;
    private volatile boolean closing;

    public RedisCapsuleEvents(Redis redis, Metrics metrics) {
        this.redis = redis;
        this.published =
                metrics.counter("wrenn_events_published", "Changes written to the event stream");
        this.dropped =
                metrics.counter("wrenn_events_dropped", "Changes that never reached the stream");
        metrics.gauge("wrenn_events_waiting", "Changes not yet written", queue::size);
        this.writer = Thread.ofVirtual().name("events").start(this::write);
    }

    @Override
    public void changed(CapsuleRow row) {
        var event = new LinkedHashMap<String, String>();
        event.put("type", "capsule." + row.status().wire());
        event.put("capsule", row.id().toString());
        event.put("team", row.team().toString());
        event.put("version", Long.toString(row.version()));
        event.put("at", row.updatedAt().toString());
        row.state().endCause().ifPresent(cause -> event.put("cause", cause));
        if (!queue.offer(event)) dropped.increment();
    }

    private void write() {
        var backoff =
                new Backoff(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(5),
                        RandomGenerator.getDefault());
        boolean down = false;
        try {
            while (!closing || !queue.isEmpty()) {
                var event = queue.poll(100, TimeUnit.MILLISECONDS);
                if (event == null) continue;
                while (!add(event)) {
                    if (!down) LOG.atWarn().log("Redis is away; changes wait");
                    down = true;
                    if (closing) return;
                    Thread.sleep(backoff.next());
                }
                if (down) LOG.atInfo().log("Redis is back");
                down = false;
                backoff.reset();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // closed while Redis is away
        }
    }

    private boolean add(Map<String, String> event) {
        try {
            var bound = XAddParams.xAddParams().approximateTrimming().maxLen(STREAM_LENGTH);
            redis.client().xadd(STREAM, bound.id(StreamEntryID.NEW_ENTRY), event);
            published.increment();
            return true;
        } catch (JedisException e) {
            LOG.atDebug().setCause(e).log("event not written");
            return false;
        }
    }

    /// Writes what waits, for at most 2 s.
    @Override
    public void close() throws InterruptedException {
        closing = true;
        if (!writer.join(LAST_CALL)) writer.interrupt();
        writer.join(LAST_CALL);
    }
}
