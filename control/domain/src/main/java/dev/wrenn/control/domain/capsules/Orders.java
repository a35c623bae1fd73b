package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Carries out what rows intend: a pending one is booted, a pausing one saved, a starting one
/// resumed. Asks the host on a virtual thread under a deadline of its own and stores what came of
/// it. The intent is durable before, so whatever is cut short here is taken up again by the sweep
/// of any replica. Thread-safe.
public final class Orders {
    private static final Logger LOG = LoggerFactory.getLogger(Orders.class);

    /// How long an intent is tried again after a crash, unreachable hosts included.
    private static final Duration AGAIN = Duration.ofSeconds(45);

    /// How often a host is given what it lacks.
    private static final int MOST_TIMES = 2;

    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);
    private static final Duration CLEAN_UP = Duration.ofSeconds(10);

    private final Transitions transitions;
    private final HostDirectory hosts;
    private final Function<TemplateId, GuestDefaults> defaults;
    private final Function<CapsuleId, Egress> policies;
    private final Carrier carrier;
    private final ConcurrentHashMap<Intent, CompletableFuture<Result>> running =
            new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    /// @param defaults of a template by its id
    /// @param policies of a capsule by its id
    /// @param carrier brings a host what it needs to let a capsule go on that was paused on another
    public Orders(
            Transitions transitions,
            HostDirectory hosts,
            Function<TemplateId, GuestDefaults> defaults,
            Function<CapsuleId, Egress> policies,
            Carrier carrier) {
        this.carrier = carrier;
        this.transitions = transitions;
        this.defaults = defaults;
        this.policies = policies;
        this.hosts = hosts;
    }

    /// What came of it.
    sealed interface Result {
        /// The host did it, or the row moved on by what else the host said.
        record Done(CapsuleRow row) implements Result {}

        /// The host did not do it.
        record Failed(CapsuleRow row, HostFault fault, String detail) implements Result {}

        /// Not decided here: the row still has its intent.
        record Open(HostFault fault, String detail) implements Result {}

        /// Ended by somebody or something else meanwhile.
        record Ended(CapsuleRow row) implements Result {}
    }

    /// One intent of one row: the next one has another version.
    private record Intent(CapsuleId id, long version) {
        static Intent of(CapsuleRow row) {
            return new Intent(row.id(), row.version());
        }
    }

    /// @param limit how long the host may take
    /// @param patience how long one that cannot be reached is asked again
    private record Terms(Duration limit, Duration patience) {
        /// Whoever asks for as long as the host may take decides what an unknown outcome means.
        boolean decide() {
            return patience.compareTo(limit) >= 0;
        }
    }

    /// Asks the host of a row whose intent was just stored.
    CompletableFuture<Result> first(CapsuleRow row) {
        return first(row, _ -> Optional.empty());
    }

    /// The same for one that is to be booted, and if its host will not have it, once more on
    /// another.
    ///
    /// @param elsewhere moves the row to another host
    CompletableFuture<Result> first(
            CapsuleRow row, Function<CapsuleRow, Optional<CapsuleRow>> elsewhere) {
        var order = order(row);
        return start(row, order, new Terms(order.firstLimit(), order.patience()), elsewhere);
    }

    /// Asks again for an intent that nobody seems to care for. Does nothing when this process does
    /// already.
    public void again(CapsuleRow row) {
        LOG.atInfo()
                .addKeyValue("capsule", row.id())
                .log("{} capsule taken up again", row.state().word());
        start(row, order(row), new Terms(AGAIN, AGAIN), _ -> Optional.empty());
    }

    /// True while this process cares for the intent of this row.
    public boolean inProgress(CapsuleRow row) {
        return running.containsKey(Intent.of(row));
    }

    /// How many are under way.
    public int count() {
        return running.size();
    }

    /// Lets those under way finish for up to `limit`, then gives up; rows keep their intents.
    public void stop(Duration limit) throws InterruptedException {
        var deadline = Deadline.after(limit);
        for (var order : running.values()) {
            try {
                order.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                break;
            } catch (ExecutionException e) {
                LOG.atDebug().setCause(e).log("order ended badly while stopping");
            }
        }
        stopping.countDown();
    }

    /// The platform's own capsules are those of builds, whose steps say themselves who runs them
    /// and begin as root, whatever their base's programs are.
    private GuestDefaults defaults(CapsuleRow row) {
        return row.team().equals(TeamId.PLATFORM)
                ? GuestDefaults.NONE
                : defaults.apply(row.template());
    }

    private Order order(CapsuleRow row) {
        return switch (row.state()) {
            case CapsuleState.Pending _ -> new Boot(row, defaults(row), policies.apply(row.id()));
            case CapsuleState.Pausing _ -> new Pause(row);
            case CapsuleState.Starting _ -> new Resume(row);
            case CapsuleState.Running _,
                    CapsuleState.Paused _,
                    CapsuleState.Missing _,
                    CapsuleState.Damaged _,
                    CapsuleState.Stopped _,
                    CapsuleState.Failed _ ->
                    throw new IllegalArgumentException(
                            "state: " + row.state().word() + " (expected: one with an intent)");
        };
    }

    private CompletableFuture<Result> start(
            CapsuleRow row,
            Order order,
            Terms terms,
            Function<CapsuleRow, Optional<CapsuleRow>> elsewhere) {
        var future = new CompletableFuture<Result>();
        var intent = Intent.of(row);
        var other = running.putIfAbsent(intent, future);
        if (other != null) return other;
        Thread.ofVirtual()
                .name(order.name() + "-" + row.id())
                .start(() -> {
                    try {
                        var deadline = Deadline.after(terms.limit);
                        var result = attempt(row, order, deadline, terms, elsewhere, future);
                        // Who has the result must not find the order still under way.
                        running.remove(intent);
                        future.complete(result);
                    } catch (Throwable t) {
                        running.remove(intent);
                        future.completeExceptionally(t);
                        LOG.atError()
                                .addKeyValue("capsule", row.id())
                                .setCause(t)
                                .log("{} failed unexpectedly", order.name());
                    }
                });
        return future;
    }

    private Result attempt(
            CapsuleRow row,
            Order order,
            Deadline limit,
            Terms terms,
            Function<CapsuleRow, Optional<CapsuleRow>> elsewhere,
            CompletableFuture<Result> future)
            throws InterruptedException {
        var deadline = limit;
        var patience = Deadline.after(terms.patience);
        boolean firstAnswer = true;
        int brought = 0;
        try {
            while (true) {
                var answer = ask(row, order, deadline);
                if (stopping.getCount() == 0) return interrupted();
                if (isUnknown(answer)) {
                    switch (bring(row, order)) {
                        case Carrier.Brought.None _ -> {}
                        case Carrier.Brought.Done _ -> {
                            if (brought++ < MOST_TIMES) {
                                deadline = Deadline.after(AGAIN); // however long it took
                                continue;
                            }
                            answer =
                                    new HostAnswer.Refused<>(
                                            HostFault.INTERNAL, "the host keeps no image");
                        }
                        case Carrier.Brought.Failed(var fault, var detail) -> {
                            answer = new HostAnswer.Refused<>(fault, detail);
                            boolean somebodyElse =
                                    fault == HostFault.CONFLICT || fault == HostFault.EXISTS;
                            if (somebodyElse && !deadline.passed()) {
                                if (stopping.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS))
                                    return interrupted();
                                continue;
                            }
                        }
                    }
                }
                boolean wait =
                        switch (answer) {
                            case HostAnswer.Done(var said) -> order.underWay(said.status());
                            case HostAnswer.Refused<HostCapsule> _ ->
                                    unreached(answer) && (terms.decide() || !patience.passed());
                        };
                // Later ones are of a host that may have begun when it was asked before.
                if (firstAnswer && order.refusedForGood(answer)) {
                    var moved = elsewhere.apply(row);
                    if (moved.isPresent()) return moved(row, moved.get(), deadline, terms, future);
                }
                firstAnswer = false;
                if (!wait || deadline.passed()) return settle(row, order, answer, terms.decide());
                if (stopping.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS))
                    return interrupted();
            }
        } catch (StoreUnavailableException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", row.id())
                    .log("{} not stored: no database", order.name());
            return interrupted();
        }
    }

    /// The host that would not have it keeps nothing: it said so before it began.
    private Result moved(
            CapsuleRow from,
            CapsuleRow to,
            Deadline deadline,
            Terms terms,
            CompletableFuture<Result> future)
            throws InterruptedException {
        LOG.atInfo()
                .addKeyValue("capsule", to.id())
                .addKeyValue("from", from.host())
                .addKeyValue("host", to.host())
                .log("refused by its host: tried on another");
        running.put(Intent.of(to), future);
        try {
            return attempt(to, order(to), deadline, terms, _ -> Optional.empty(), future);
        } finally {
            running.remove(Intent.of(to));
        }
    }

    private static Result interrupted() {
        return new Result.Open(HostFault.INTERNAL, "the control plane was interrupted");
    }

    private static boolean unreached(HostAnswer<HostCapsule> answer) {
        return answer instanceof HostAnswer.Refused<HostCapsule>(var fault, _) && fault.unreached();
    }

    private static boolean isUnknown(HostAnswer<HostCapsule> answer) {
        return answer instanceof HostAnswer.Refused<HostCapsule>(var fault, _)
                && fault == HostFault.NOT_FOUND;
    }

    /// Gives the host what it lacks to do what is asked.
    private Carrier.Brought bring(CapsuleRow row, Order order) throws InterruptedException {
        var client = hosts.client(row.host());
        if (client.isEmpty()) return new Carrier.Brought.None();
        return switch (order) {
            case Boot _ -> carrier.bringTemplate(row, client.get());
            case Resume _ ->
                    carrier.bring(
                            row,
                            new BootOrder(
                                    row.id(),
                                    row.incarnation() - 1,
                                    row.templateTeam(),
                                    row.template(),
                                    row.spec(),
                                    defaults(row),
                                    policies.apply(row.id())),
                            client.get());
            case Pause _ -> new Carrier.Brought.None();
        };
    }

    private HostAnswer<HostCapsule> ask(CapsuleRow row, Order order, Deadline deadline) {
        var client = hosts.client(row.host());
        if (client.isEmpty())
            return new HostAnswer.Refused<>(HostFault.UNREACHABLE, "the host is not registered");
        return order.ask(client.get(), deadline.left());
    }

    private Result settle(
            CapsuleRow row, Order order, HostAnswer<HostCapsule> answer, boolean last) {
        var said = answer instanceof HostAnswer.Done(var value) ? value : null;
        return switch (order.verdict(answer)) {
            case Order.Verdict.Done(var event) -> done(row, event, said);
            case Order.Verdict.Failed(var event, var fault, var detail) ->
                    failed(row, order, new Order.Verdict.Failed(event, fault, detail), said);
            // While somebody waits, the sweep goes on without them; the sweep itself must decide.
            case Order.Verdict.Unknown(var fault, var detail) -> {
                if (!last) yield new Result.Open(fault, detail);
                if (order instanceof Resume) carrier.doubt(row);
                yield failed(row, order, order.givenUp(fault, detail), said);
            }
        };
    }

    private Result done(CapsuleRow row, CapsuleEvent event, @Nullable HostCapsule said) {
        var now = transitions.apply(row.id(), row.incarnation(), event, said);
        if (now.isPresent() && !now.get().state().isFinal()) return new Result.Done(now.get());
        cleanUp(row);
        return new Result.Ended(now.orElse(row));
    }

    private Result failed(
            CapsuleRow row, Order order, Order.Verdict.Failed verdict, @Nullable HostCapsule said) {
        var now = transitions.apply(row.id(), row.incarnation(), verdict.event(), said);
        boolean lives = now.isPresent() && !now.get().state().isFinal();
        if (!lives && !verdict.fault().unreached()) cleanUp(row);
        var stored = now.orElse(row);
        if (order.failedAs(stored.state()))
            return new Result.Failed(stored, verdict.fault(), verdict.detail());
        return lives ? new Result.Done(stored) : new Result.Ended(stored);
    }

    /// What is left on the host is removed now, or later by the reconciler.
    private void cleanUp(CapsuleRow row) {
        hosts.client(row.host()).ifPresent(client -> client.destroy(row.id(), CLEAN_UP));
    }
}
