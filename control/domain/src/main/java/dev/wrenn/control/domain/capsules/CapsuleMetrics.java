package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.usage.MetricPoint;
import dev.wrenn.control.domain.usage.MetricRange;
import dev.wrenn.control.domain.usage.MetricStore;
import dev.wrenn.control.domain.usage.MetricTiers;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What capsules took: of one that runs its host tells, of one that stopped it is kept. Calls block
/// and are meant for virtual threads. Thread-safe.
public final class CapsuleMetrics {
    /// How often to call [#tick()]. Hosts have what is to be fetched for a quarter of an hour.
    public static final Duration PERIOD = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(CapsuleMetrics.class);
    private static final Duration ASK = Duration.ofSeconds(3);
    private static final int AT_ONCE = 64; // fetched in one round

    private final CapsuleStore capsules;
    private final HostDirectory hosts;
    private final MetricStore store;

    public CapsuleMetrics(CapsuleStore capsules, HostDirectory hosts, MetricStore store) {
        this.capsules = capsules;
        this.hosts = hosts;
        this.store = store;
    }

    /// What came of a question.
    public sealed interface Outcome {
        /// Oldest first; the range ends now, or when the capsule stopped.
        record Points(List<MetricPoint> points) implements Outcome {}

        /// Unknown or another team's.
        record NotFound() implements Outcome {}

        /// It does not run and nothing is kept of it.
        record Nothing(CapsuleRow row) implements Outcome {}

        record Failed(HostFault fault, String detail) implements Outcome {}
    }

    public Outcome read(TeamId team, CapsuleId id, MetricRange range) {
        var found = capsules.find(team, id);
        if (found.isEmpty()) return new Outcome.NotFound();
        var row = found.get();
        return switch (row.status()) {
            case RUNNING -> live(row, range);
            case PAUSED -> new Outcome.Points(cut(kept(row), range));
            case STOPPED, ERROR -> {
                var tiers = kept(row);
                yield tiers.newest().isEmpty()
                        ? new Outcome.Nothing(row)
                        : new Outcome.Points(cut(tiers, range));
            }
            case PENDING, STARTING, HIBERNATED, MISSING -> new Outcome.Nothing(row);
        };
    }

    private Outcome live(CapsuleRow row, MetricRange range) {
        var client = hosts.client(row.host());
        if (client.isEmpty())
            return new Outcome.Failed(HostFault.UNREACHABLE, "the host is not registered");
        return switch (client.get().metrics().points(row.id(), range, ASK)) {
            case HostAnswer.Done(var points) -> new Outcome.Points(behind(row, points, range));
            // It has only just begun to run there.
            case HostAnswer.Refused(var fault, _) when fault == HostFault.NOT_FOUND ->
                    new Outcome.Points(behind(row, List.of(), range));
            case HostAnswer.Refused(var fault, var detail) -> new Outcome.Failed(fault, detail);
        };
    }

    /// Behind what was kept when it stopped before, wherever it ran then.
    private List<MetricPoint> behind(CapsuleRow row, List<MetricPoint> live, MetricRange range) {
        var before = store.find(row.id()).map(MetricStore.Kept::tiers).orElse(MetricTiers.NOTHING);
        var all = MetricTiers.after(before.tier(range), live);
        return MetricTiers.within(all, capsules.now(), range);
    }

    private static List<MetricPoint> cut(MetricTiers tiers, MetricRange range) {
        return tiers.newest()
                .map(end -> MetricTiers.within(tiers.tier(range), end, range))
                .orElse(List.of());
    }

    /// What is kept, and what is on its way to being kept.
    private MetricTiers kept(CapsuleRow row) {
        var kept = store.find(row.id());
        if (kept.isEmpty()) return MetricTiers.NOTHING;
        var tiers = kept.get().tiers();
        if (kept.get().complete()) return tiers;
        var client = hosts.client(row.host());
        if (client.isEmpty()) return tiers;
        return switch (client.get().metrics().all(row.id(), ASK)) {
            case HostAnswer.Done(var rest) -> rest.after(tiers);
            case HostAnswer.Refused<MetricTiers> _ -> tiers;
        };
    }

    /// Fetches what capsules took that have stopped, from hosts that are there. Under one leader.
    public void tick() {
        for (var due : store.due(reachable(), AT_ONCE)) {
            var client = hosts.client(due.host());
            if (client.isEmpty()) continue;
            switch (client.get().metrics().all(due.id(), ASK)) {
                case HostAnswer.Done(var tiers) -> store.keep(due, tiers);
                case HostAnswer.Refused(var fault, var detail) -> {
                    boolean none = fault == HostFault.NOT_FOUND || fault == HostFault.UNIMPLEMENTED;
                    if (none) store.keep(due, MetricTiers.NOTHING);
                    else {
                        LOG.atInfo()
                                .addKeyValue("capsule", due.id())
                                .addKeyValue("fault", fault)
                                .log("metrics not fetched, asked for again: {}", detail);
                        store.later(due);
                    }
                }
            }
        }
    }

    private Set<HostId> reachable() {
        var ids = new HashSet<HostId>();
        for (var view : hosts.all()) if (view.reachable()) ids.add(view.host().id());
        return ids;
    }

    /// Removes what need not be kept any longer. Under one leader.
    public void forget() {
        store.forget(capsules.now().minus(MetricStore.KEPT));
    }
}
