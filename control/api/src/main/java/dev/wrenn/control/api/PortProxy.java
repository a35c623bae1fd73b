package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.Lanes;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.RawPaths;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.capsules.Pauses;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.ports.PortAccess;
import dev.wrenn.control.domain.ports.PortAddress;
import dev.wrenn.control.domain.ports.PortCache;
import dev.wrenn.control.domain.ports.PortRow;
import java.net.URI;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the host name of every request before any route does: `{port}-{capsule}.{domain}` goes
/// to that port of that capsule. What may happen is in the database; it is remembered until it
/// changes ([PortCache]). Requests without a body go over [Lanes], if need be by [Forward], as all
/// others do.
public final class PortProxy extends Handler.Wrapper {
    private static final Logger LOG = LoggerFactory.getLogger(PortProxy.class);

    private final PortCache store;
    private final HostDirectory hosts;
    private final Capsules capsules;
    private final Pauses pauses;
    private final ProxyClient client;
    private final Function<Host, URI> agents;
    private final PortProof proof;
    private final InstantSource clock;
    private final PortMeters meters;
    private final Set<Forward> open = ConcurrentHashMap.newKeySet();
    private final Lanes lanes;

    /// Where the last request of a connection went, as the next one will go there, too.
    ///
    /// @param name of the request
    /// @param host as it was known then
    record Recent(String name, PortAddress.At at, Host host, Lanes.Way way) {}

    /// @param client dials agents
    /// @param agents where each is dialled
    public PortProxy(
            PortCache store,
            HostDirectory hosts,
            Capsules capsules,
            Pauses pauses,
            Authenticator authenticator,
            ProxyClient client,
            Function<Host, URI> agents,
            Metrics metrics) {
        this.store = store;
        this.hosts = hosts;
        this.capsules = capsules;
        this.pauses = pauses;
        this.client = client;
        this.agents = agents;
        this.clock = InstantSource.system();
        this.proof = new PortProof(authenticator, clock);
        this.meters = new PortMeters(metrics);
        this.lanes = new Lanes(client);
        store.onChange(lanes::forget);
        metrics.gauge("wrenn_proxy_lanes", "Kept connections to ports of capsules", lanes::count);
    }

    /// Settings and links, below `/v1/capsules/{id}`.
    PortRoutes routes() {
        return new PortRoutes(capsules, store, clock);
    }

    /// Ends every tunnel; the server lets requests finish.
    void cutTunnels() {
        lanes.close();
        for (var forward : open) if (forward.isTunnel()) forward.cut("the control plane stops");
    }

    @Override
    public boolean handle(Request request, Response response, Callback done) throws Exception {
        var name = Request.getServerName(request);
        var connection = ClientConnection.of(request);
        var recent = connection == null ? null : connection.recent();
        var address =
                recent != null && recent.name().equals(name) ? recent.at() : PortAddress.of(name);
        if (connection == null || !connection.isSwift()) {
            if (connection != null && address instanceof PortAddress.At) connection.swift(true);
            return handle(address, request, response, done);
        }
        if (address instanceof PortAddress.At at
                && atOnce(connection, name, at, request, response, done)) return true;
        connection.swift(address instanceof PortAddress.At);
        Thread.ofVirtual()
                .name("request")
                .start(() -> handleApart(address, request, response, done));
        return true;
    }

    /// In a thread that may wait.
    private void handleApart(
            PortAddress address, Request request, Response response, Callback done) {
        try {
            if (!handle(address, request, response, done))
                Response.writeError(request, response, done, HttpStatus.NOT_FOUND_404);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            Response.writeError(request, response, done, e);
        } catch (Exception e) {
            Response.writeError(request, response, done, e);
        }
    }

    /// Passes a request on that needs nothing to be waited for: to a public port of a capsule that
    /// is known to run, over a lane that is free.
    ///
    /// @return false: it has to be handled in a thread of its own, nothing was done
    private boolean atOnce(
            ClientConnection connection,
            String name,
            PortAddress.At at,
            Request request,
            Response response,
            Callback done) {
        if (HttpMethod.CONNECT.is(request.getMethod())
                || at.port() == PortAddress.PLATFORM_PORT
                || !Lanes.suit(request)) return false;
        var row = store.remembered(at.capsule());
        if (row.isEmpty()
                || row.get().settings().access() != PortAccess.PUBLIC
                || !(row.get().state() instanceof CapsuleState.Running)) return false;
        var host = hosts.view(row.get().host()).map(HostView::host);
        if (host.isEmpty()) return false;
        var recent = connection.recent();
        if (recent == null || !recent.at().equals(at) || recent.host() != host.get()) {
            var way = PortLeg.way(agents.apply(host.get()), at);
            connection.recent(recent = new Recent(name, at, host.get(), way));
        }
        var lane = lanes.free(recent.way());
        if (lane.isEmpty()) return false;
        var leg =
                new PortLeg(
                        recent.way().server(), at, request, response, done, meters.begin(), open);
        leg.lasting();
        lane.get()
                .pass(
                        request,
                        response,
                        done,
                        leg,
                        () -> otherwise(leg, at, request, response, done));
        return true;
    }

    /// A lane did not do it.
    private void otherwise(
            PortLeg leg, PortAddress.At at, Request request, Response response, Callback done) {
        store.forget(at.capsule()); // what is known of it may be wrong
        leg.begin(Forward.begin(client, request, response, done, leg));
    }

    private boolean handle(PortAddress address, Request request, Response response, Callback done)
            throws Exception {
        return switch (address) {
            case PortAddress.None _ -> other(request, response, done);
            case PortAddress.BadPort _ -> refuse(request, response, done, 400, "invalid port");
            case PortAddress.BadCapsule _ ->
                    refuse(request, response, done, 400, "invalid sandbox ID");
            case PortAddress.At at when HttpMethod.CONNECT.is(request.getMethod()) ->
                    refuse(request, response, done, 405, "method not allowed");
            case PortAddress.At at when at.port() == PortAddress.PLATFORM_PORT ->
                    refuse(request, response, done, 403, "port not allowed");
            case PortAddress.At at -> serve(at, request, response, done);
        };
    }

    private boolean other(Request request, Response response, Callback done) throws Exception {
        var objection = RawPaths.objection(request);
        if (objection.isEmpty()) return super.handle(request, response, done);
        Response.writeError(request, response, done, HttpStatus.BAD_REQUEST_400, objection.get());
        return true;
    }

    private boolean serve(PortAddress.At at, Request request, Response response, Callback done)
            throws InterruptedException {
        try {
            var row = store.find(at.capsule());
            if (row.isEmpty()) return refuse(request, response, done, 404, "sandbox not found");
            return switch (proof.of(row.get(), at, request)) {
                case PortProof.Verdict.In _ -> enter(row.get(), at, request, response, done);
                case PortProof.Verdict.ToCookie(var token) -> {
                    PortCookie.give(token, clock.instant(), request, response, done);
                    yield true;
                }
                case PortProof.Verdict.Out(var status, var text) ->
                        refuse(request, response, done, status, text);
            };
        } catch (StoreUnavailableException e) {
            LOG.atWarn().setCause(e).log("no database");
            return refuse(request, response, done, 503, "temporarily unavailable");
        }
    }

    private boolean enter(
            PortRow row, PortAddress.At at, Request request, Response response, Callback done)
            throws InterruptedException {
        var state = row.state();
        if (row.settings().autoResume() && sleeps(state)) state = wake(row, state);
        if (state instanceof CapsuleState.Running) return pass(row, at, request, response, done);
        int status =
                switch (state) {
                    case CapsuleState.Pending _,
                            CapsuleState.Starting _,
                            CapsuleState.Pausing _,
                            CapsuleState.Missing _ ->
                            503;
                    case CapsuleState.Paused _,
                            CapsuleState.Stopped _,
                            CapsuleState.Damaged _,
                            CapsuleState.Failed _ ->
                            409;
                    case CapsuleState.Running _ -> throw new IllegalStateException("handled above");
                };
        var text =
                state instanceof CapsuleState.Pausing
                        ? "sandbox is not available"
                        : "sandbox is not running (status: " + state.status().wire() + ")";
        return refuse(request, response, done, status, text);
    }

    private static boolean sleeps(CapsuleState state) {
        return state instanceof CapsuleState.Paused || state instanceof CapsuleState.Starting;
    }

    /// Lets it go on and waits some seconds for it.
    private CapsuleState wake(PortRow row, CapsuleState before) throws InterruptedException {
        if (before instanceof CapsuleState.Paused
                && pauses.resume(row.team(), row.id(), Actor.SYSTEM)
                        instanceof Outcomes.Change.Failed(var fault, _)) {
            LOG.atInfo()
                    .addKeyValue("capsule", row.id())
                    .log("not resumed for a request: {}", fault);
            return before;
        }
        return switch (capsules.ready(row.team(), row.id())) {
            case Outcomes.Ready.Yes _ -> new CapsuleState.Running();
            case Outcomes.Ready.No(var now) -> now;
            case Outcomes.Ready.NotFound _ -> before;
        };
    }

    private boolean pass(
            PortRow row, PortAddress.At at, Request request, Response response, Callback done) {
        var host = hosts.view(row.host());
        if (host.isEmpty())
            return refuse(request, response, done, 503, "the sandbox's host is not reachable");
        var agent = agents.apply(host.get().host());
        var leg = new PortLeg(agent, at, request, response, done, meters.begin(), open);
        if (!Lanes.suit(request)) {
            leg.begin(Forward.begin(client, request, response, done, leg));
            return true;
        }
        leg.lasting();
        Runnable otherwise = () -> otherwise(leg, at, request, response, done);
        var way = PortLeg.way(agent, at);
        lanes.free(way)
                .ifPresentOrElse(
                        lane -> lane.pass(request, response, done, leg, otherwise),
                        () -> lanes.open(way, request, response, done, leg, otherwise));
        return true;
    }

    private boolean refuse(
            Request request, Response response, Callback done, int status, String text) {
        var timing = meters.begin();
        timing.status(status);
        PortPage.write(request, response, Callback.from(done, timing::close), status, text);
        return true;
    }
}
