package dev.wrenn.common.proxy;

import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Kept connections of bytes to servers that are behind another server, which opens one for an
/// upgrade to [#PROTOCOL] and only copies from then on. An open lane is a use of what is at its
/// end, so one that no request uses is closed after two seconds. Where that server is at our own
/// [place][Place], it only says where the lane leads, and for how long ([Lease]); we dial it
/// ourselves. Thread-safe; nothing waits.
public final class Lanes implements AutoCloseable {
    /// What is asked for in `Upgrade`.
    public static final String PROTOCOL = "wrenn-lane";

    /// Asks to be told where a lane leads, to dial it ourselves, instead of a splice.
    static final String LEASE = "Wrenn-Lease";

    private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);
    private static final long IDLE_NS = TimeUnit.SECONDS.toNanos(2);
    private static final long SWEEP_MS = 500;
    private static final long OPEN_LIMIT_S = 10;

    /// Where a lane leads.
    ///
    /// @param server that opens it
    /// @param target asked for there, for an upgrade
    /// @param owner whose lanes are ended together
    public record Way(URI server, String target, Object owner) {}

    private final ProxyClient client;
    private final Map<Way, ArrayDeque<Lane>> idle = new HashMap<>(); // guarded by this
    private final Set<URI> far = ConcurrentHashMap.newKeySet(); // their addresses are not ours
    private final Set<Lane> all = new HashSet<>(); // guarded by this
    private boolean sweeping; // guarded by this
    private boolean closed; // guarded by this

    /// @param client dials; its end ends the lanes too
    public Lanes(ProxyClient client) {
        this.client = client;
    }

    /// Whether a request may go over a lane; others go by [Forward].
    public static boolean suit(Request request) {
        return Passage.fits(request);
    }

    /// Sends a request over a lane that is opened for it.
    ///
    /// @param otherwise called in place of any answer when no lane could be opened, or none came
    ///   and asking twice does no harm
    public void open(
            Way way,
            Request request,
            org.eclipse.jetty.server.Response response,
            Callback done,
            LaneLeg leg,
            Runnable otherwise) {
        open(way, new Passage(request, response, done, leg, otherwise), otherwise, near(way));
    }

    private boolean near(Way way) {
        return Place.ours().isPresent() && !far.contains(way.server());
    }

    private void open(Way way, Passage passage, Runnable otherwise, boolean near) {
        var ask = new RawRequest(client.http(), way.server(), way.target());
        ask.method("GET");
        ask.idleTimeout(0, TimeUnit.MILLISECONDS);
        ask.timeout(OPEN_LIMIT_S, TimeUnit.SECONDS);
        ask.tag(Lanes.class);
        ask.headers(fields -> {
            fields.clear().put(HttpHeader.UPGRADE, PROTOCOL).put(HttpHeader.CONNECTION, "Upgrade");
            if (near) fields.put(LEASE, "1");
        });
        ask.send(
                new Response.Listener() {
                    @Override
                    public void onComplete(Result result) {
                        var status = result.getResponse().getStatus();
                        if (result.isFailed() || status != HttpStatus.SWITCHING_PROTOCOLS_101) {
                            LOG.atDebug().setCause(result.getFailure()).log("no lane: {}", status);
                            otherwise.run();
                            return;
                        }
                        var headers = result.getResponse().getHeaders();
                        if (near && headers.contains(Place.ADDRESS))
                            lease(way, ask.endPoint(), headers, passage, otherwise);
                        else begin(way, ask.endPoint(), passage, otherwise);
                    }
                });
    }

    /// The server told where the lane leads instead of dialling.
    private void lease(
            Way way, EndPoint lease, HttpFields headers, Passage passage, Runnable otherwise) {
        var address =
                Place.near(headers, lease.getRemoteSocketAddress(), lease.getLocalSocketAddress());
        if (address.isEmpty()) {
            lease.close();
            far.add(way.server());
            open(way, passage, otherwise, false);
            return;
        }
        var outcome =
                new NearLane.Outcome() {
                    @Override
                    public void ready(Lane lane) {
                        use(lane, passage, otherwise);
                    }

                    @Override
                    public void failed(Throwable cause) {
                        LOG.atDebug().setCause(cause).log("no lane");
                        otherwise.run();
                    }
                };
        new NearLane(client, lease, address.get(), outcome)
                .begin(endPoint -> lane(way, endPoint), TimeUnit.SECONDS.toMillis(OPEN_LIMIT_S));
    }

    private Lane lane(Way way, EndPoint endPoint) {
        var http = client.http();
        return new Lane(this, way, endPoint, http.getExecutor(), http.getByteBufferPool());
    }

    private void begin(Way way, EndPoint endPoint, Passage passage, Runnable otherwise) {
        var lane = lane(way, endPoint);
        endPoint.upgrade(lane);
        use(lane, passage, otherwise);
    }

    private void use(Lane lane, Passage passage, Runnable otherwise) {
        boolean used;
        synchronized (this) {
            used = lane.usable() && !closed;
            if (used) all.add(lane);
            if (used) sweepLater();
        }
        if (used) {
            lane.send(passage);
            return;
        }
        lane.getEndPoint().close();
        otherwise.run();
    }

    /// A lane that is open and that no request uses; the caller has to use it.
    public synchronized Optional<Lane> free(Way way) {
        var lanes = idle.get(way);
        if (lanes == null) return Optional.empty();
        while (true) {
            var lane = lanes.pollLast(); // the last one used: the others may become old
            if (lanes.isEmpty()) idle.remove(way);
            if (lane == null) return Optional.empty();
            if (lane.usable()) return Optional.of(lane);
        }
    }

    /// How many are open.
    public synchronized int count() {
        return all.size();
    }

    /// A lane's request is over.
    void release(Lane lane) {
        synchronized (this) {
            if (!closed && !lane.stale && lane.usable()) {
                lane.idleSince = System.nanoTime();
                idle.computeIfAbsent(lane.way(), _ -> new ArrayDeque<>()).addLast(lane);
                return;
            }
            all.remove(lane);
        }
        lane.getEndPoint().close();
    }

    /// A lane has ended, or is about to.
    synchronized void remove(Lane lane) {
        all.remove(lane);
        var lanes = idle.get(lane.way());
        if (lanes == null) return;
        lanes.remove(lane);
        if (lanes.isEmpty()) idle.remove(lane.way());
    }

    private void sweepLater() {
        if (sweeping || closed) return;
        sweeping = true;
        var scheduler = client.http().getScheduler();
        scheduler.schedule(this::sweep, SWEEP_MS, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        var old = new ArrayList<Lane>();
        synchronized (this) {
            sweeping = false;
            long now = System.nanoTime();
            for (var lanes : idle.values())
                for (var lane : lanes) if (now - lane.idleSince >= IDLE_NS) old.add(lane);
            for (var lane : old) remove(lane);
            if (!all.isEmpty()) sweepLater();
        }
        for (var lane : old) lane.getEndPoint().close();
    }

    /// Closes the lanes of an owner that are free, and those in use after their requests.
    public void forget(Object owner) {
        var ends = new ArrayList<Lane>();
        synchronized (this) {
            for (var lane : all) {
                if (!lane.way().owner().equals(owner)) continue;
                lane.stale = true;
                var free = idle.get(lane.way());
                if (free != null && free.contains(lane)) ends.add(lane);
            }
            for (var lane : ends) remove(lane);
        }
        for (var lane : ends) lane.getEndPoint().close();
    }

    /// Ends those that no request uses; others end with theirs.
    @Override
    public void close() {
        var ends = new ArrayList<Lane>();
        synchronized (this) {
            closed = true;
            for (var lanes : idle.values()) ends.addAll(lanes);
            for (var lane : ends) all.remove(lane);
            idle.clear();
        }
        for (var lane : ends) lane.getEndPoint().close();
    }
}
