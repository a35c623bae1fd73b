package dev.wrenn.host.agent;

import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.Splice;
import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.guest.GuestPorts;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/// One connection of the control plane into a guest, for requests that come one after the other.
/// The capsule is in use as long as it is open; the control plane closes it when it has none.
final class PortLane implements Splice.End, GuestPorts.Use {
    private final PortPath path;
    private final Access.Granted access;
    private final GuestPorts ports;
    private final Response response;
    private final Splice splice;

    PortLane(
            PortPath path,
            Access.Granted access,
            ProxyClient client,
            Request request,
            Response response,
            Callback done) {
        this.path = path;
        this.access = access;
        this.ports = access.guest().ports();
        this.response = response;
        this.splice = new Splice(client, request, response, done, this);
    }

    void begin() {
        splice.dial(ports.address(path.port()));
    }

    /// The control plane then sends its request the other way, which tries harder.
    @Override
    public void refuse(Callback done) {
        PortAnswer.NOTHING_LISTENS.write(response, done);
    }

    @Override
    public void over() {
        ports.leave(this);
        access.close();
    }

    @Override
    public boolean isRequest() {
        return true;
    }

    @Override
    public void cut(String why) {
        splice.cut(why);
    }
}
