package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostEvents;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostReport;
import dev.wrenn.control.domain.hosts.ListSum;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Listens to one host: a virtual thread follows its watch stream and starts over with a full
/// snapshot whenever something goes wrong, another asks for reports and, now and then, for the
/// whole list. Most hosts have nothing new to say: what is asked again and again is a thousand
/// times what it costs for one. Thread-safe.
final class HostWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostWatch.class);

    /// A host that takes capsules changes little; one that does not yet is waited for.
    private static final Duration REPORT_EACH = Duration.ofSeconds(6);

    private static final Duration REPORT_SOON = Duration.ofSeconds(2);
    private static final Duration LIST_EACH = Duration.ofSeconds(30);
    private static final Duration ASK = Duration.ofSeconds(5);
    private static final double JITTER = 0.2;

    private final HostId host;
    private final AgentClient client;
    private final HostDirectory directory;
    private final HostEvents events;
    private final Openings openings;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Semaphore askNow = new Semaphore(0);
    private volatile boolean followed; // its stream has begun with the whole list
    private volatile @Nullable ServerStream<WatchSandboxesResponse> current;

    HostWatch(
            HostId host,
            AgentClient client,
            HostDirectory directory,
            HostEvents events,
            Openings openings) {
        this.openings = openings;
        this.host = host;
        this.client = client;
        this.directory = directory;
        this.events = events;
    }

    void start() {
        Thread.ofVirtual().name("watch-" + host).start(this::watch);
        Thread.ofVirtual().name("report-" + host).start(this::report);
    }

    private void watch() {
        var backoff =
                new Backoff(
                        Duration.ofMillis(100),
                        Duration.ofSeconds(2),
                        RandomGenerator.getDefault());
        boolean lost = false;
        while (isOpen()) {
            try (var turn = openings.take()) {
                if (!isOpen()) return;
                var asked = events.beforeAsking();
                try (var stream = client.watch()) {
                    current = stream;
                    for (var event = stream.next(); event != null; event = stream.next()) {
                        directory.heard(host);
                        if (!followed) events.back(host);
                        if (lost) {
                            LOG.atInfo().addKeyValue("host", host).log("host is back");
                            changed();
                        }
                        lost = false;
                        backoff.reset();
                        dispatch(event, asked);
                        followed = true;
                        turn.close(); // the first was the whole list
                    }
                } finally {
                    followed = false;
                }
            } catch (ConnectException | StoreUnavailableException e) {
                if (!isOpen()) return;
                if (!lost)
                    LOG.atWarn().addKeyValue("host", host).log("lost sight: {}", e.getMessage());
                lost = true;
            } catch (RuntimeException e) {
                LOG.atError().addKeyValue("host", host).setCause(e).log("watch failed");
            }
            if (pause(backoff.next())) return;
        }
    }

    private void dispatch(WatchSandboxesResponse event, Instant asked) {
        switch (event.getEventCase()) {
            case SNAPSHOT ->
                    events.snapshot(
                            host,
                            asked,
                            Messages.capsules(event.getSnapshot().getSandboxesList()),
                            ListSum.NONE);
            case CHANGED -> events.changed(host, Messages.capsule(event.getChanged()));
            case REMOVED ->
                    events.removed(
                            host,
                            CapsuleId.parse(event.getRemoved().getSandboxId()),
                            event.getRemoved().getIncarnation());
            case DENIED -> {
                var denied = event.getDenied();
                events.denied(
                        host,
                        CapsuleId.parse(denied.getSandboxId()),
                        denied.getIncarnation(),
                        denied.getPackets(),
                        denied.getFlowsList());
            }
            case HEARTBEAT, EVENT_NOT_SET -> {}
        }
    }

    private void report() {
        var random = RandomGenerator.getDefault(); // not all hosts at once
        long lastList = System.nanoTime() - random.nextLong(LIST_EACH.toNanos());
        boolean linked = false;
        while (isOpen()) {
            boolean ready = false;
            var answer = linked ? client.report(ASK) : firstReport();
            linked = answer instanceof HostAnswer.Done;
            if (answer instanceof HostAnswer.Done(var report)) {
                directory.report(host, report);
                ready = report.ready();
            }
            // One that has not answered yet would be dialled again for it, out of turn; one that is
            // not followed will be, which begins with the list.
            if (linked && followed && System.nanoTime() - lastList >= LIST_EACH.toNanos()) {
                lastList = System.nanoTime();
                list();
            }
            long longest = (ready ? REPORT_EACH : REPORT_SOON).toNanos();
            if (!awaitTurn((long) (longest * (1 - JITTER * random.nextDouble())))) return;
        }
    }

    /// With a connection of its own, which those that follow use.
    private HostAnswer<HostReport> firstReport() {
        try (var _ = openings.take()) {
            return client.report(ASK);
        }
    }

    /// What the host tells of itself has changed: it is asked at once.
    void changed() {
        askNow.release();
    }

    /// @return false when closed meanwhile
    private boolean awaitTurn(long nanos) {
        try {
            if (askNow.tryAcquire(nanos, TimeUnit.NANOSECONDS)) askNow.drainPermits();
            return isOpen();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /// The whole list again: repairs what an event or a destroy missed. A host that says the same
    /// as before, while the rows are what they were, is not read.
    private void list() {
        try {
            var asked = events.beforeAsking();
            if (client.list(events.settled(host), ASK)
                    instanceof HostAnswer.Done(HostList.All(var capsules, var sum)))
                events.snapshot(host, asked, capsules, sum);
        } catch (StoreUnavailableException e) {
            LOG.atDebug().addKeyValue("host", host).log("list not used: no database");
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("host", host).setCause(e).log("list failed");
        }
    }

    private boolean isOpen() {
        return closed.getCount() > 0;
    }

    /// @return true when closed meanwhile
    private boolean pause(Duration time) {
        try {
            return closed.await(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Override
    public void close() {
        closed.countDown();
        askNow.release();
        var stream = current;
        if (stream != null) stream.close();
    }
}
