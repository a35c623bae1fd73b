package dev.wrenn.control.domain.audit;

import java.time.Duration;
import java.util.ArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Gives what is in the outbox its order and brings it to the event stream: everything, in order,
/// at least once. Run by one replica at a time.
public final class Relay {
    /// How often to call [#run()].
    public static final Duration PERIOD = Duration.ofMillis(100);

    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final int BATCH = 200;

    private final Outbox outbox;
    private final EventStream stream;
    private boolean down;

    public Relay(Outbox outbox, EventStream stream) {
        this.outbox = outbox;
        this.stream = stream;
    }

    /// Tells what waits; what cannot be told now waits on.
    public void run() {
        while (outbox.order(BATCH) == BATCH) LOG.atTrace().log("more events wait");
        while (true) {
            var items = outbox.waiting(BATCH);
            if (items.isEmpty()) return;
            var told = new ArrayList<Long>();
            for (var item : items) {
                if (!stream.publish(item)) break;
                told.add(item.number());
            }
            if (!told.isEmpty()) outbox.done(told);
            boolean all = told.size() == items.size();
            if (all == down) LOG.atInfo().log(all ? "events flow again" : "events wait");
            down = !all;
            if (!all || items.size() < BATCH) return;
        }
    }
}
