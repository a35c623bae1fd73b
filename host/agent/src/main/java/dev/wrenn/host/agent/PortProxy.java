package dev.wrenn.host.agent;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.RawPaths;
import dev.wrenn.common.proxy.Splice;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.GuestPorts;
import java.util.Map;
import java.util.WeakHashMap;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// `/proxy/{capsule}/{port}{path}`: requests and tunnels into guests, before any other route; and
/// `/lane/{capsule}/{port}`: connections of bytes for many requests.
final class PortProxy extends Handler.Wrapper {
    private final Capsules capsules;
    private final ProxyClient client;
    private final Metrics metrics;
    private final Map<GuestPorts, Boolean> known = new WeakHashMap<>(); // guarded by itself

    PortProxy(Capsules capsules, ProxyClient client, Metrics metrics) {
        super();
        this.capsules = capsules;
        this.client = client;
        this.metrics = metrics;
    }

    @Override
    public boolean handle(Request request, Response response, Callback done) throws Exception {
        var target = request.getHttpURI().getPathQuery();
        if (target == null
                || !(target.startsWith(PortPath.ROOT) || target.startsWith(PortPath.LANES))) {
            var objection = RawPaths.objection(request);
            if (objection.isEmpty()) return super.handle(request, response, done);
            Response.writeError(
                    request, response, done, HttpStatus.BAD_REQUEST_400, objection.get());
            return true;
        }
        if (!AgentServer.CALLER.equals(Tls.peer(request)))
            PortAnswer.FORBIDDEN.write(response, done, metrics);
        else pass(target, request, response, done);
        return true;
    }

    private void pass(String target, Request request, Response response, Callback done) {
        var path = PortPath.parse(target);
        if (path.isEmpty()) {
            PortAnswer.MALFORMED.write(response, done, metrics);
            return;
        }
        if (path.get().port() == GuestClient.PORT) {
            PortAnswer.PLATFORM_PORT.write(response, done, metrics);
            return;
        }
        boolean lane = target.startsWith(PortPath.LANES);
        if (lane && !Splice.wanted(request)) {
            PortAnswer.MALFORMED.write(response, done, metrics);
            return;
        }
        switch (capsules.access(path.get().capsule())) {
            case Access.Granted granted when lane ->
                    open(path.get(), granted, request, response, done);
            case Access.Granted granted -> pass(path.get(), granted, request, response, done);
            case Access.NotRunning _, Access.Unknown _ ->
                    PortAnswer.UNAVAILABLE.write(response, done, metrics);
        }
    }

    private void pass(
            PortPath path,
            Access.Granted access,
            Request request,
            Response response,
            Callback done) {
        var ports = access.guest().ports();
        var leg = new PortLeg(path, access, response);
        if (!enter(leg, access, response, done)) return;
        forgetWith(ports);
        leg.begin(Forward.begin(client, request, response, done, leg));
    }

    private void open(
            PortPath path,
            Access.Granted access,
            Request request,
            Response response,
            Callback done) {
        var lane = new PortLane(path, access, client, request, response, done);
        if (enter(lane, access, response, done)) lane.begin();
    }

    private boolean enter(
            GuestPorts.Use use, Access.Granted access, Response response, Callback done) {
        var refusal =
                switch (access.guest().ports().enter(use)) {
                    case OPEN -> null;
                    case CLOSED -> PortAnswer.UNAVAILABLE;
                    case FULL -> PortAnswer.TOO_MANY;
                };
        if (refusal == null) return true;
        access.close();
        refusal.write(response, done, metrics);
        return false;
    }

    /// Connections that wait for the next request end with the guest.
    private void forgetWith(GuestPorts ports) {
        synchronized (known) {
            if (known.putIfAbsent(ports, true) != null) return;
        }
        ports.onClose(() -> client.forget(ports));
    }
}
