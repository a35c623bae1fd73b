package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.control.domain.Remembered;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.Placement;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.ports.PortSettings;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a team may do with capsules. Calls block and are meant for virtual threads; none waits
/// longer than 4 s for a capsule to change, what takes longer goes on without the caller.
/// Thread-safe.
public final class Capsules {
    private static final Logger LOG = LoggerFactory.getLogger(Capsules.class);

    /// Clients give up after 5 s.
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PING = Duration.ofSeconds(4);
    private static final Duration DESTROY = Duration.ofSeconds(30);

    private final CapsuleStore store;
    private final TemplateStore templates;
    private final HostDirectory hosts;
    private final Placer placer;
    private final CapsuleLimits limits;
    private final Transitions transitions;
    private final Orders orders;
    private final Supplier<CapsuleId> ids;
    private final Remembered<CapsuleRow> rows = new Remembered<>(System::nanoTime);
    private volatile Consumer<Duration> placements = _ -> {};

    public Capsules(
            CapsuleStore store,
            TemplateStore templates,
            HostDirectory hosts,
            Placement placement,
            PlacementStore facts,
            CapsuleLimits limits,
            Transitions transitions,
            Orders orders,
            Carrier carrier,
            Supplier<CapsuleId> ids) {
        this.store = store;
        this.templates = templates;
        this.hosts = hosts;
        this.placer = new Placer(store, hosts, placement, facts, carrier);
        this.limits = limits;
        this.transitions = transitions;
        this.orders = orders;
        this.ids = ids;
        transitions.onChange(this::changed);
    }

    /// Who is told of each create how long it took to find a host and to store the capsule on it,
    /// or to find none.
    public void onPlacement(Consumer<Duration> listener) {
        placements = listener;
    }

    /// Stores a pending capsule and has it booted; the boot does not depend on the caller staying.
    public CreateOutcome create(Principal caller, CreateRequest request)
            throws InterruptedException {
        var template = templates.byName(caller.team(), request.template());
        if (template.isEmpty()) return new CreateOutcome.UnknownTemplate(request.template());
        try {
            var spec = request.spec(template.get(), limits);
            var wanted = new Placer.Wanted(caller.team(), template, spec, request.hostTags());
            var id = ids.get();
            return admit(
                    wanted,
                    (host, capacity) ->
                            new NewCapsule(
                                    id,
                                    caller.team(),
                                    caller.user(),
                                    caller.actor(),
                                    template.get(),
                                    host,
                                    capacity,
                                    spec,
                                    request.ports()));
        } catch (CreateRequest.TooMuch e) {
            return new CreateOutcome.OutOfBounds(String.valueOf(e.getMessage()));
        }
    }

    /// Makes a capsule of the platform for a build; it is in no team's list and has no idle limit.
    ///
    /// @param team whose hosts may take it
    /// @param by who asked for the build
    public CreateOutcome createForBuild(
            CapsuleId id, TeamId team, UserId by, Template template, CapsuleSpec spec)
            throws InterruptedException {
        return admit(
                new Placer.Wanted(team, Optional.of(template), spec, Set.of()),
                (host, capacity) ->
                        new NewCapsule(
                                id,
                                TeamId.PLATFORM,
                                by,
                                Actor.SYSTEM,
                                template,
                                host,
                                capacity,
                                spec,
                                PortSettings.DEFAULT));
    }

    private CreateOutcome admit(Placer.Wanted wanted, BiFunction<HostId, Capacity, NewCapsule> on)
            throws InterruptedException {
        long begin = System.nanoTime();
        var admission =
                placer.insert(
                        wanted,
                        (host, capacity) -> store.insert(on.apply(host, capacity), limits.team()));
        placements.accept(Duration.ofNanos(System.nanoTime() - begin));
        if (admission.isEmpty()) return new CreateOutcome.NoHost(placer.noneReady(wanted));
        return switch (admission.get()) {
            case Admission.Full(var excess) -> new CreateOutcome.TeamFull(excess);
            case Admission.Lost _ -> new CreateOutcome.TeamGone();
            case Admission.NoRoom _ -> new CreateOutcome.NoHost(Optional.empty());
            case Admission.In(var row) -> {
                transitions.announce(row);
                yield boot(row, wanted);
            }
        };
    }

    private CreateOutcome boot(CapsuleRow row, Placer.Wanted wanted) throws InterruptedException {
        try {
            var result =
                    orders.first(row, refused -> placer.elsewhere(wanted, refused))
                            .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return switch (result) {
                case Orders.Result.Done(var now) -> new CreateOutcome.Created(now);
                case Orders.Result.Failed(var now, var fault, var detail) ->
                        new CreateOutcome.Failed(now, fault, detail);
                case Orders.Result.Open _ -> new CreateOutcome.Created(row);
                case Orders.Result.Ended(var now) -> new CreateOutcome.Gone(now);
            };
        } catch (TimeoutException e) {
            return new CreateOutcome.Created(row);
        } catch (ExecutionException e) {
            throw new IllegalStateException("boot of " + row.id() + " broke", e.getCause());
        }
    }

    /// The team's capsules that are not final, newest first.
    public List<CapsuleRow> list(TeamId team) {
        return store.alive(team);
    }

    /// The same, a page of it.
    ///
    /// @param before only what is older than this one
    public List<CapsuleRow> list(TeamId team, Optional<CapsuleId> before, int limit) {
        return store.alive(team, before, limit);
    }

    /// @return empty when unknown or another team's
    public Optional<CapsuleRow> find(TeamId team, CapsuleId id) {
        return store.find(team, id);
    }

    /// Ends a capsule in any state. It is stopped for everybody when this returns; the host is
    /// given 4 s to follow and is seen to in the background when it needs longer.
    ///
    /// @return false when unknown or another team's
    public boolean destroy(TeamId team, CapsuleId id, Actor by) throws InterruptedException {
        var row = store.find(team, id);
        if (row.isEmpty()) return false;
        if (row.get().state().isFinal()) return true;
        transitions.end(id, "destroyed by request", by);
        var client = hosts.client(row.get().host());
        if (client.isEmpty()) return true;
        var done = new CompletableFuture<Void>();
        Thread.ofVirtual()
                .name("destroy-" + id)
                .start(() -> {
                    try {
                        destroyThere(client.get(), id);
                    } finally {
                        done.complete(null);
                    }
                });
        try {
            done.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.atInfo().addKeyValue("capsule", id).log("destroy goes on in the background");
        } catch (ExecutionException e) {
            throw new AssertionError(e); // only completed normally
        }
        return true;
    }

    private static void destroyThere(HostClient client, CapsuleId id) {
        var answer = client.destroy(id, DESTROY);
        if (answer instanceof HostAnswer.Refused(var fault, var detail)
                && fault != HostFault.NOT_FOUND)
            LOG.atWarn()
                    .addKeyValue("capsule", id)
                    .addKeyValue("fault", fault)
                    .log("host did not destroy: {}; the reconciler tries again", detail);
    }

    /// Resets the idle timer.
    public Outcomes.Ping ping(TeamId team, CapsuleId id) {
        var row = store.find(team, id);
        if (row.isEmpty()) return new Outcomes.Ping.NotFound();
        if (!runs(row.get())) return new Outcomes.Ping.NotRunning(row.get().state());
        var client = hosts.client(row.get().host());
        if (client.isEmpty()) return new Outcomes.Ping.Failed(HostFault.UNREACHABLE, "no host");
        return switch (client.get().ping(id, PING)) {
            case HostAnswer.Done<HostAnswer.Nothing> _ -> {
                store.touch(id, store.now());
                yield new Outcomes.Ping.Done();
            }
            case HostAnswer.Refused<HostAnswer.Nothing>(var fault, var detail) ->
                    new Outcomes.Ping.Failed(fault, detail);
        };
    }

    /// Waits up to 4 s for a capsule that is on its way to running. That it runs may be remembered
    /// from a request just before: what the host says then is what counts.
    public Outcomes.Ready ready(TeamId team, CapsuleId id) throws InterruptedException {
        var known = rows.get(id);
        if (known.isPresent() && known.get().team().equals(team) && runs(known.get()))
            return new Outcomes.Ready.Yes(known.get());
        var row = read(team, id);
        if (row.isEmpty()) return new Outcomes.Ready.NotFound();
        if (runs(row.get())) return new Outcomes.Ready.Yes(row.get());
        var deadline = Deadline.after(PATIENCE);
        try (var watch = transitions.changes().watch(id)) {
            while (true) {
                row = read(team, id);
                if (row.isEmpty()) return new Outcomes.Ready.NotFound();
                if (runs(row.get())) return new Outcomes.Ready.Yes(row.get());
                var state = row.get().state();
                if (!undecided(state) || deadline.passed()) return new Outcomes.Ready.No(state);
                var left = deadline.left();
                watch.await(left.compareTo(POLL) < 0 ? left : POLL);
            }
        }
    }

    private Optional<CapsuleRow> read(TeamId team, CapsuleId id) {
        return rows.read(id, () -> store.find(team, id));
    }

    /// The capsule's row is another one now, or may be: the next request reads it.
    public void changed(CapsuleId id) {
        rows.forget(id);
    }

    /// Whether changes made by others are heard of from now on; only then rows are remembered.
    public void hears(boolean now) {
        rows.hears(now);
    }

    private static boolean runs(CapsuleRow row) {
        return row.state() instanceof CapsuleState.Running;
    }

    /// It may be running in a moment; a pause can fail.
    private static boolean undecided(CapsuleState state) {
        return state instanceof CapsuleState.Pending
                || state instanceof CapsuleState.Starting
                || state instanceof CapsuleState.Pausing;
    }

    /// Runs a program to its end in a capsule that was found ready.
    public Outcomes.Exec exec(CapsuleRow capsule, Command command) {
        var client = hosts.client(capsule.host());
        if (client.isEmpty()) return new Outcomes.Exec.Failed(HostFault.UNREACHABLE, "no host");
        long start = System.nanoTime();
        return switch (client.get().exec(capsule.id(), command)) {
            case HostAnswer.Done(var result) ->
                    new Outcomes.Exec.Ran(result, Duration.ofNanos(System.nanoTime() - start));
            case HostAnswer.Refused(var fault, _) when fault == HostFault.TIMEOUT ->
                    new Outcomes.Exec.TimedOut(command.limit());
            case HostAnswer.Refused(var fault, var detail) -> {
                changed(capsule.id());
                yield new Outcomes.Exec.Failed(fault, detail);
            }
        };
    }

    /// Starts a program in a capsule that was found ready and streams what it does.
    ///
    /// @return empty when the capsule's host is not known
    public Optional<ExecSession> stream(CapsuleRow capsule, Command command) {
        return hosts.client(capsule.host()).map(c -> c.stream(capsule.id(), command));
    }
}
