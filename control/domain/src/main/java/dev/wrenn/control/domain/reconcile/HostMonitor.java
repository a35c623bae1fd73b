package dev.wrenn.control.domain.reconcile;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Transitions;
import dev.wrenn.control.domain.fleet.FleetStore;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Notices hosts that fall silent: neither their heartbeats arrive nor does any control plane hear
/// them. What runs there is missing from then on; a host that is back says itself what became of
/// each capsule, see [Reconciler]. Silence never ends a capsule. Thread-safe.
public final class HostMonitor {
    private static final Logger LOG = LoggerFactory.getLogger(HostMonitor.class);
    private static final int AT_ONCE = 500;

    /// Several may be lost.
    private static final int NOTES_IN_SILENCE = 6;

    private final FleetStore fleet;
    private final CapsuleStore capsules;
    private final Transitions transitions;
    private final HostDirectory hosts;
    private final Duration silence;
    private final Attention attention;

    /// @param silence after which a host counts as unreachable
    public HostMonitor(
            FleetStore fleet,
            CapsuleStore capsules,
            Transitions transitions,
            HostDirectory hosts,
            Duration silence) {
        this(fleet, capsules, transitions, hosts, silence, System::nanoTime);
    }

    /// @param clock in nanoseconds
    HostMonitor(
            FleetStore fleet,
            CapsuleStore capsules,
            Transitions transitions,
            HostDirectory hosts,
            Duration silence,
            LongSupplier clock) {
        this.fleet = fleet;
        this.capsules = capsules;
        this.transitions = transitions;
        this.hosts = hosts;
        this.silence = silence;
        this.attention = new Attention(clock, silence.dividedBy(2));
    }

    /// How often to call [#listen()].
    public Duration listening() {
        return silence.dividedBy(NOTES_IN_SILENCE);
    }

    /// Notes which hosts this control plane hears; called by each.
    public void listen() {
        var heard =
                hosts.all().stream()
                        .filter(HostView::reachable)
                        .map(view -> view.host().id())
                        .toList();
        fleet.heard(heard, listening().dividedBy(2));
        attention.paid();
    }

    /// One round; called by one replica at a time. It waits while this one is young, stood still or
    /// could not note what it heard: hosts must be heard of again first, if no control plane was
    /// there to hear them.
    public void tick() {
        if (!attention.unbroken()) return;
        for (var host : fleet.markSilent(silence))
            LOG.atWarn()
                    .addKeyValue("host", host)
                    .log("not heard of for {} s: unreachable", silence.toSeconds());
        List<CapsuleRow> stranded;
        do {
            stranded = capsules.stranded(AT_ONCE);
            for (var row : stranded)
                transitions.apply(row.id(), row.incarnation(), new CapsuleEvent.HostLost(), null);
        } while (stranded.size() == AT_ONCE);
    }
}
