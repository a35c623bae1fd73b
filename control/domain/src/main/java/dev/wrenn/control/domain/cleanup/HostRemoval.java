package dev.wrenn.control.domain.cleanup;

import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.fleet.FleetStore;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes hosts out of the fleet for good. One that has capsules, also paused ones, or the only copy
/// of a template goes only by force: then they end with it, whether or not it can be reached.
/// Thread-safe.
public final class HostRemoval {
    private static final Logger LOG = LoggerFactory.getLogger(HostRemoval.class);
    private static final Duration TERMINATE = Duration.ofSeconds(10);
    private static final int WIDTH = 16;

    /// A create that had its reservation already is stored a moment later.
    private static final int ROUNDS = 3;

    private final FleetStore fleet;
    private final CapsuleStore store;
    private final Capsules capsules;
    private final HostDirectory hosts;

    public HostRemoval(
            FleetStore fleet, CapsuleStore store, Capsules capsules, HostDirectory hosts) {
        this.fleet = fleet;
        this.store = store;
        this.capsules = capsules;
        this.hosts = hosts;
    }

    /// What would be lost.
    public FleetStore.Losses losses(HostId id) {
        return fleet.losses(id);
    }

    /// Removes a host that has nothing.
    public FleetStore.Removal remove(HostId id, Actor by) {
        return fleet.remove(id, false, by);
    }

    /// Removes a host with everything on it.
    ///
    /// @return [FleetStore.Removal.Kept] only when it cannot be done this moment
    public FleetStore.Removal force(HostId id, Actor by) throws InterruptedException {
        if (fleet.drain(id, true, by).isEmpty()) return new FleetStore.Removal.NotFound();
        FleetStore.Removal removal = new FleetStore.Removal.NotFound();
        for (int round = 0; round < ROUNDS; round++) {
            end(store.aliveOn(id), by);
            removal = fleet.remove(id, true, by);
            if (!(removal instanceof FleetStore.Removal.Kept)) break;
        }
        if (removal instanceof FleetStore.Removal.Done) terminate(id);
        return removal;
    }

    private void end(List<CapsuleRow> rows, Actor by) throws InterruptedException {
        var width = new Semaphore(WIDTH);
        var ends = new ArrayList<Thread>();
        for (var row : rows)
            ends.add(
                    Thread.ofVirtual()
                            .name("end-" + row.id())
                            .start(() -> {
                                width.acquireUninterruptibly();
                                try {
                                    capsules.destroy(row.team(), row.id(), by);
                                } catch (InterruptedException e) {
                                    Thread.currentThread().interrupt();
                                } finally {
                                    width.release();
                                }
                            }));
        for (var end : ends) end.join();
    }

    /// One that cannot be reached learns of it by its next heartbeat.
    private void terminate(HostId id) {
        var client = hosts.client(id);
        boolean reachable = hosts.view(id).map(HostView::reachable).orElse(false);
        if (client.isEmpty() || !reachable) return;
        Thread.ofVirtual()
                .name("terminate-" + id)
                .start(() -> {
                    if (client.get().terminate(TERMINATE)
                            instanceof HostAnswer.Refused<?>(var fault, var detail))
                        LOG.atInfo()
                                .addKeyValue("host", id)
                                .addKeyValue("fault", fault)
                                .log("removed host not terminated: {}", detail);
                });
    }
}
