package dev.wrenn.control.domain.reconcile;

import dev.wrenn.control.domain.capsules.Boots;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import java.time.Duration;

/// Takes up pending capsules that nobody brings up any longer, because their control plane went
/// down. With the limits of [Boots] each is decided within 60 s.
public final class PendingSweep {
    /// How often to call [#tick()].
    public static final Duration PERIOD = Duration.ofSeconds(3);

    /// Younger ones are still in the hands of whoever stored them.
    private static final Duration AGE = Duration.ofSeconds(5);

    private static final int AT_ONCE = 64;

    private final CapsuleStore store;
    private final Boots boots;

    public PendingSweep(CapsuleStore store, Boots boots) {
        this.store = store;
        this.boots = boots;
    }

    /// One round; called by one replica at a time, more would only ask hosts twice.
    public void tick() {
        for (var row : store.pending(AGE, AT_ONCE))
            if (!boots.inProgress(row.id())) boots.again(row);
    }
}
