package dev.wrenn.control.domain.reconcile;

import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Orders;
import java.time.Duration;

/// Takes up capsules that are to be booted, paused or resumed and that nobody cares for any longer,
/// because their control plane went down or their host did not answer. With the limits of [Orders]
/// each is decided within 60 s.
public final class IntentSweep {
    /// How often to call [#tick()].
    public static final Duration PERIOD = Duration.ofSeconds(3);

    /// Younger ones are still in the hands of whoever stored them.
    private static final Duration AGE = Duration.ofSeconds(5);

    private static final int AT_ONCE = 64;

    private final CapsuleStore store;
    private final Orders orders;

    public IntentSweep(CapsuleStore store, Orders orders) {
        this.store = store;
        this.orders = orders;
    }

    /// One round; called by one replica at a time, more would only ask hosts twice.
    public void tick() {
        for (var row : store.unsettled(AGE, AT_ONCE))
            if (!orders.inProgress(row)) orders.again(row);
    }
}
