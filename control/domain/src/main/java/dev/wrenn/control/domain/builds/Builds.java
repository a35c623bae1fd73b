package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.templates.TemplateName;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asking for builds, and the workers that carry them out. Calls block and are meant for virtual
/// threads. Thread-safe.
public final class Builds {
    /// How often to call [#sweep()].
    public static final Duration PERIOD = Duration.ofSeconds(5);

    /// After so long without a sign of its worker another one begins a build anew.
    static final Duration LEASE = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(Builds.class);
    private static final Duration RENEWAL = Duration.ofSeconds(2);
    private static final Duration IDLE = Duration.ofSeconds(1);
    private static final Duration REMOVE = Duration.ofSeconds(30);
    private static final int ATTEMPTS = 3;
    private static final int AT_ONCE = 64;

    /// How many builds of one team may wait or run; the platform's own are not counted.
    public static final int MOST_OPEN = 20;

    private final BuildStore store;
    private final BuildQueue queue;
    private final BuildParts parts;
    private final long layerBytes;

    /// @param layerBytes how much the layers of all builds may hold together
    public Builds(BuildStore store, BuildQueue queue, BuildParts parts, long layerBytes) {
        this.store = store;
        this.queue = queue;
        this.parts = parts;
        this.layerBytes = layerBytes;
    }

    /// How asking for a build ends.
    public enum Submission {
        ACCEPTED,
        /// There is no template of the base's name.
        NO_BASE,
        /// `minimal`, or for a team the name of a platform template.
        NAME_RESERVED,
        /// The team has [#MOST_OPEN] builds that have not ended.
        TOO_MANY
    }

    /// Stores a build; a worker takes it up.
    ///
    /// @param archive read to its end; null: there is none
    public Submission submit(NewBuild wanted, @Nullable InputStream archive, Actor by) {
        if (wanted.name().equals(TemplateName.MINIMAL)) return Submission.NAME_RESERVED;
        if (parts.templates().byName(wanted.team(), wanted.base()).isEmpty())
            return Submission.NO_BASE;
        var other = parts.templates().byName(wanted.team(), wanted.name());
        if (other.isPresent() && !other.get().team().equals(wanted.team()))
            return Submission.NAME_RESERVED;
        int most = wanted.team().equals(TeamId.PLATFORM) ? Integer.MAX_VALUE : MOST_OPEN;
        if (!store.insert(wanted, archive, by, most)) return Submission.TOO_MANY;
        queue.push(wanted.id());
        return Submission.ACCEPTED;
    }

    /// How many steps a build has.
    public static int steps(Recipe recipe, boolean skipPrePost) {
        return Plan.of(recipe, skipPrePost).steps().size();
    }

    /// Whether a text names an image in a registry.
    public boolean imageNamed(String reference) {
        return parts.registry().named(reference);
    }

    /// @param team empty: whichever has it
    public Optional<Build> find(Optional<TeamId> team, BuildId id) {
        return store.find(id)
                .filter(build -> team.isEmpty() || team.get().equals(build.wanted().team()));
    }

    /// Newest first.
    ///
    /// @param team empty: of all
    public List<Build> list(Optional<TeamId> team, Optional<BuildId> before, int limit) {
        return store.list(team, before, limit);
    }

    /// Ends a build for good; its worker notices within seconds and cleans up.
    ///
    /// @return what it was; empty when there is none
    public Optional<BuildStatus> cancel(BuildId id, Actor by) {
        return store.cancel(id, by);
    }

    /// Carries builds out, one after the other, until `stop` is zero.
    public void work(String worker, CountDownLatch stop) throws InterruptedException {
        while (stop.getCount() > 0) {
            try {
                var lease = store.claim(worker, LEASE);
                if (lease.isPresent()) carryOut(lease.get(), stop);
                else queue.await(IDLE);
            } catch (StoreUnavailableException e) {
                LOG.atDebug().addKeyValue("worker", worker).log("no database");
                var _ = stop.await(IDLE.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("worker", worker).setCause(e).log("build broke");
            }
        }
    }

    private void carryOut(BuildStore.Lease lease, CountDownLatch stop) throws InterruptedException {
        var id = lease.build().id();
        LOG.atInfo()
                .addKeyValue("build", id)
                .addKeyValue("attempt", lease.attempt())
                .log("build begins");
        // Of a worker that was cut off before it.
        lease.build().capsule().ifPresent(this::destroy);
        var run = new BuildRun(store, parts, lease);
        var done = new CountDownLatch(1);
        var holder =
                Thread.ofVirtual()
                        .name("build-lease-" + id)
                        .start(() -> hold(lease, run, done, stop));
        var words = "";
        try {
            run.run();
            words = "success";
        } catch (BuildLost e) {
            words = "lost or cancelled";
        } catch (BuildFailed e) {
            words = failed(lease, String.valueOf(e.getMessage()), stop);
        } catch (StoreUnavailableException e) {
            words = "interrupted: no database"; // taken up again when the lease is over
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("build", id).setCause(e).log("build broke");
            words = failed(lease, "the platform failed", stop);
        } finally {
            done.countDown();
            holder.join();
            // Again, also when it went while it was being made: nobody else knows that it is there.
            run.capsule().ifPresent(this::destroy);
        }
        LOG.atInfo().addKeyValue("build", id).log("build ends: {}", words);
    }

    /// What fails because this process stops is no failure of the build: whoever comes next begins
    /// it anew, at once.
    private String failed(BuildStore.Lease lease, String error, CountDownLatch stop) {
        if (stop.getCount() == 0) {
            store.renew(lease, Duration.ZERO);
            return "interrupted: the control plane stops";
        }
        store.fail(lease, error);
        return "failed";
    }

    /// Keeps the lease. When it is lost, or this process stops, the capsule goes at once: that ends
    /// whatever the build waits for.
    private void hold(
            BuildStore.Lease lease, BuildRun run, CountDownLatch done, CountDownLatch stop) {
        try {
            while (!done.await(RENEWAL.toMillis(), TimeUnit.MILLISECONDS)) {
                boolean ours;
                try {
                    ours = stop.getCount() > 0 && store.renew(lease, LEASE);
                } catch (StoreUnavailableException e) {
                    continue; // it is found out later whether it is still ours
                }
                if (ours) continue;
                run.capsule().ifPresent(this::destroy);
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// One round of finishing what was cut short; called by one replica at a time.
    public void sweep() {
        store.giveUp(ATTEMPTS);
        cleanUp();
        for (var layer : store.overflow(layerBytes)) remove(layer);
        for (var layer : store.doomedLayers(AT_ONCE)) remove(layer);
    }

    private void cleanUp() {
        try {
            for (var capsule : store.leftCapsules(AT_ONCE)) destroy(capsule);
        } catch (StoreUnavailableException e) {
            LOG.atInfo().log("capsules of builds are left for the sweep: no database");
        }
    }

    private void destroy(CapsuleId capsule) {
        try {
            parts.capsules().destroy(TeamId.PLATFORM, capsule, Actor.SYSTEM);
            store.cleaned(capsule);
        } catch (StoreUnavailableException e) {
            LOG.atInfo().addKeyValue("capsule", capsule).log("left for the sweep: no database");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void remove(Layer layer) {
        var client = parts.hosts().client(layer.host());
        if (client.isEmpty()) return; // the host may be back later
        if (client.get().deleteSnapshot(TeamId.PLATFORM, layer.template(), REMOVE)
                instanceof HostAnswer.Done<?> _) store.forgetLayer(layer.template());
    }
}
