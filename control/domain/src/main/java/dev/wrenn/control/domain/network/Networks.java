package dev.wrenn.control.domain.network;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Policies on their way to the hosts. A change is stored first, with the note that hosts are to be
/// told; who made it tells them at once, and a sweep tells those that could not be reached.
/// Thread-safe.
public final class Networks {
    /// How often the sweep looks.
    public static final Duration PERIOD = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(Networks.class);

    /// Clients give up after 5 s.
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int WIDTH = 16;
    private static final int AT_ONCE = 256;

    private final NetworkStore store;
    private final HostDirectory hosts;
    private final Semaphore width = new Semaphore(WIDTH);

    public Networks(NetworkStore store, HostDirectory hosts) {
        this.store = store;
        this.hosts = hosts;
    }

    /// @return empty when there is no such team
    public Optional<EgressPolicy> ofTeam(TeamId team) {
        return store.ofTeam(team);
    }

    /// @return empty when there is no such capsule, or another team's
    public Optional<CapsuleNetwork> ofCapsule(TeamId team, CapsuleId id) {
        return store.ofCapsule(team, id);
    }

    /// Changes the policy of a capsule and waits up to 4 s for its host to follow it.
    ///
    /// @return as [#ofCapsule], afterwards
    public Optional<CapsuleNetwork> setCapsule(
            TeamId team, CapsuleId id, EgressPolicy policy, Actor by) throws InterruptedException {
        if (!store.setCapsule(team, id, policy, by)) return Optional.empty();
        var now = store.ofCapsule(team, id);
        if (now.isPresent() && !now.get().inForce()) tell(List.of(now.get()));
        return store.ofCapsule(team, id);
    }

    /// Changes the policy of a team and waits up to 4 s for hosts to follow it.
    ///
    /// @return false when there is no such team
    public boolean setTeam(TeamId team, EgressPolicy policy, Actor by) throws InterruptedException {
        if (!store.setTeam(team, policy, by)) return false;
        tell(store.untold(team, AT_ONCE));
        return true;
    }

    /// One round of telling hosts what they have not been told.
    public void sweep() {
        var untold = store.untold(AT_ONCE);
        if (untold.isEmpty()) return;
        try {
            tell(untold);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // they are on their way
        }
    }

    /// Several hosts at a time; what takes longer than the patience goes on.
    private void tell(List<CapsuleNetwork> all) throws InterruptedException {
        var done = new CountDownLatch(all.size());
        for (var one : all)
            Thread.ofVirtual()
                    .name("network-" + one.id())
                    .start(() -> {
                        try {
                            tell(one);
                        } finally {
                            done.countDown();
                        }
                    });
        if (!done.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
            LOG.atInfo()
                    .addKeyValue("capsules", done.getCount())
                    .log("policies are still on their way");
    }

    private void tell(CapsuleNetwork one) {
        var client = hosts.client(one.host());
        if (client.isEmpty()) return;
        width.acquireUninterruptibly();
        try {
            switch (client.get().network(one.id(), one.egress(), LIMIT)) {
                case HostAnswer.Done<HostAnswer.Nothing> _ -> store.told(one.id(), one.revision());
                case HostAnswer.Refused<HostAnswer.Nothing>(var fault, var detail) ->
                        LOG.atInfo()
                                .addKeyValue("capsule", one.id())
                                .addKeyValue("fault", fault)
                                .log("policy not followed yet: {}", detail);
            }
        } catch (RuntimeException e) { // the note is still there: the sweep tries again
            LOG.atWarn().addKeyValue("capsule", one.id()).setCause(e).log("policy not told");
        } finally {
            width.release();
        }
    }
}
