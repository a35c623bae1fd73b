package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleStatus;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Brings pending capsules up: asks the host on a virtual thread under a deadline of its own and
/// stores what came of it. The pending row is durable before, so whatever is cut short here is
/// taken up again by the sweep of any replica. Thread-safe.
public final class Boots {
    private static final Logger LOG = LoggerFactory.getLogger(Boots.class);

    /// How long a host may take for a boot that somebody waits for.
    private static final Duration FIRST = Duration.ofSeconds(90);

    /// How long a pending capsule is tried again after a crash, unreachable hosts included.
    private static final Duration AGAIN = Duration.ofSeconds(45);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(250);
    private static final Duration CLEAN_UP = Duration.ofSeconds(10);

    private final Transitions transitions;
    private final HostDirectory hosts;
    private final ConcurrentHashMap<CapsuleId, CompletableFuture<Result>> running =
            new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    public Boots(Transitions transitions, HostDirectory hosts) {
        this.transitions = transitions;
        this.hosts = hosts;
    }

    /// What came of it.
    sealed interface Result {
        record Up(CapsuleRow row) implements Result {}

        record Down(CapsuleRow row, HostFault fault, String detail) implements Result {}

        /// Not decided here: the row is still pending.
        record Open() implements Result {}

        /// Destroyed by somebody meanwhile.
        record Ended(CapsuleRow row) implements Result {}
    }

    private record Patience(Duration limit, boolean unreachableToo) {}

    /// Asks the host of a row that was just stored.
    CompletableFuture<Result> first(CapsuleRow row) {
        return start(row, new Patience(FIRST, false));
    }

    /// Asks again for a pending row that nobody seems to care for. Does nothing when this process
    /// does already.
    public void again(CapsuleRow row) {
        LOG.atInfo().addKeyValue("capsule", row.id()).log("pending capsule taken up again");
        start(row, new Patience(AGAIN, true));
    }

    /// True while this process brings the capsule up.
    public boolean inProgress(CapsuleId id) {
        return running.containsKey(id);
    }

    /// How many are being brought up.
    public int count() {
        return running.size();
    }

    /// Lets those under way finish for up to `limit`, then gives up; rows stay pending.
    public void stop(Duration limit) throws InterruptedException {
        var deadline = Deadline.after(limit);
        for (var boot : running.values()) {
            try {
                boot.get(deadline.left().toNanos(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                break;
            } catch (ExecutionException e) {
                LOG.atDebug().setCause(e).log("boot ended badly while stopping");
            }
        }
        stopping.countDown();
    }

    private CompletableFuture<Result> start(CapsuleRow row, Patience patience) {
        var future = new CompletableFuture<Result>();
        var other = running.putIfAbsent(row.id(), future);
        if (other != null) return other;
        Thread.ofVirtual()
                .name("boot-" + row.id())
                .start(() -> {
                    try {
                        future.complete(attempt(row, patience));
                    } catch (Throwable t) {
                        future.completeExceptionally(t);
                        LOG.atError()
                                .addKeyValue("capsule", row.id())
                                .setCause(t)
                                .log("boot failed unexpectedly");
                    } finally {
                        running.remove(row.id());
                    }
                });
        return future;
    }

    private Result attempt(CapsuleRow row, Patience patience) throws InterruptedException {
        try {
            var deadline = Deadline.after(patience.limit);
            while (true) {
                var answer = ask(row, deadline);
                if (stopping.getCount() == 0) return new Result.Open();
                boolean wait =
                        switch (answer) {
                            case HostAnswer.Done(var said) ->
                                    said.status() == HostCapsule.Status.BOOTING;
                            case HostAnswer.Refused(var fault, _) ->
                                    fault == HostFault.UNREACHABLE && patience.unreachableToo;
                        };
                if (!wait || deadline.passed()) return settle(row, answer);
                if (stopping.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS))
                    return new Result.Open();
            }
        } catch (StoreUnavailableException e) {
            LOG.atWarn().addKeyValue("capsule", row.id()).log("boot not stored: no database");
            return new Result.Open();
        }
    }

    private HostAnswer<HostCapsule> ask(CapsuleRow row, Deadline deadline) {
        var client = hosts.client(row.host());
        if (client.isEmpty())
            return new HostAnswer.Refused<>(HostFault.UNREACHABLE, "the host is not registered");
        var order =
                new BootOrder(
                        row.id(),
                        row.incarnation(),
                        row.templateTeam(),
                        row.template(),
                        row.spec());
        return client.get().create(order, deadline.left());
    }

    private Result settle(CapsuleRow row, HostAnswer<HostCapsule> answer) {
        return switch (answer) {
            case HostAnswer.Done(var said) ->
                    switch (said.status()) {
                        case RUNNING -> up(row, said);
                        case STOPPED -> down(row, HostFault.INTERNAL, said.cause());
                        case BOOTING ->
                                down(row, HostFault.TIMEOUT, "the capsule did not boot in time");
                    };
            case HostAnswer.Refused(var fault, var detail) -> down(row, fault, detail);
        };
    }

    private Result up(CapsuleRow row, HostCapsule said) {
        var now = transitions.apply(row.id(), row.incarnation(), new CapsuleEvent.Booted(), said);
        if (now.isPresent() && !now.get().status().isFinal()) return new Result.Up(now.get());
        cleanUp(row);
        return new Result.Ended(now.orElse(row));
    }

    private Result down(CapsuleRow row, HostFault fault, String detail) {
        var event = new CapsuleEvent.BootFailed(detail);
        var now = transitions.apply(row.id(), row.incarnation(), event, null);
        if (now.isPresent() && !now.get().status().isFinal()) return new Result.Up(now.get());
        if (fault != HostFault.UNREACHABLE) cleanUp(row);
        var stored = now.orElse(row);
        return stored.status() == CapsuleStatus.ERROR
                ? new Result.Down(stored, fault, detail)
                : new Result.Ended(stored);
    }

    /// What is left on the host is removed now, or later by the reconciler.
    private void cleanUp(CapsuleRow row) {
        hosts.client(row.host()).ifPresent(client -> client.destroy(row.id(), CLEAN_UP));
    }
}
