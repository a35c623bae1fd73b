package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.proxy.Forward;
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
import dev.wrenn.control.domain.identity.Authenticator;
import dev.wrenn.control.domain.ports.PortAddress;
import dev.wrenn.control.domain.ports.PortRow;
import dev.wrenn.control.domain.ports.PortStore;
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
/// to that port of that capsule. What may happen is read from the database for each request, so
/// that every change counts at once.
public final class PortProxy extends Handler.Wrapper {
    private static final Logger LOG = LoggerFactory.getLogger(PortProxy.class);

    private final PortStore store;
    private final HostDirectory hosts;
    private final Capsules capsules;
    private final Pauses pauses;
    private final ProxyClient client;
    private final Function<Host, URI> agents;
    private final PortProof proof;
    private final InstantSource clock;
    private final PortMeters meters;
    private final Set<Forward> open = ConcurrentHashMap.newKeySet();

    /// @param client dials agents
    /// @param agents where each is dialled
    public PortProxy(
            PortStore store,
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
    }

    /// Settings and links, below `/v1/capsules/{id}`.
    PortRoutes routes() {
        return new PortRoutes(capsules, store, clock);
    }

    /// Ends every tunnel; the server lets requests finish.
    void cutTunnels() {
        for (var forward : open) if (forward.isTunnel()) forward.cut("the control plane stops");
    }

    @Override
    public boolean handle(Request request, Response response, Callback done) throws Exception {
        return switch (PortAddress.of(Request.getServerName(request))) {
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
        var leg = new PortLeg(agent, at, request, response, meters.begin(), open);
        leg.begin(Forward.begin(client, request, response, done, leg));
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
