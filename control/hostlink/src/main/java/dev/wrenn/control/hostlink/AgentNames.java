package dev.wrenn.control.hostlink;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.control.domain.fleet.HostAddress;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostDirectory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;

/// The names under which hosts are dialled: a host's certificate is for its id, so that whatever
/// answers at its address must be that host and no other. The first label changes with the address:
/// connections to the old one are never used for the new one.
public final class AgentNames implements SocketAddressResolver {
    private static final String DOMAIN = ".wrenn.internal";

    private final HostDirectory hosts;

    public AgentNames(HostDirectory hosts) {
        this.hosts = hosts;
    }

    static String wildcard(HostId host) {
        return "*." + host + DOMAIN;
    }

    /// Where a host's agent is dialled.
    ///
    /// @param tls without it the plain address is dialled
    public static URI base(Host host, boolean tls) {
        if (!tls) return URI.create("http://" + host.address());
        int port = HostAddress.parse(host.address()).map(HostAddress::port).orElse(0);
        return URI.create(
                "https://a%08x.%s%s:%d"
                        .formatted(host.address().hashCode(), host.id(), DOMAIN, port));
    }

    @Override
    public void resolve(
            String name,
            int port,
            Map<String, Object> context,
            Promise<List<InetSocketAddress>> promise) {
        Thread.ofVirtual()
                .name("resolve-" + name)
                .start(() -> {
                    try {
                        promise.succeeded(find(name, port));
                    } catch (UnknownHostException e) {
                        promise.failed(e);
                    }
                });
    }

    private List<InetSocketAddress> find(String name, int port) throws UnknownHostException {
        var where = name.endsWith(DOMAIN) ? address(name) : name;
        var all = new ArrayList<InetSocketAddress>();
        for (var address : InetAddress.getAllByName(where))
            all.add(new InetSocketAddress(address, port));
        return all;
    }

    private String address(String name) throws UnknownHostException {
        try {
            var id = name.substring(name.indexOf('.') + 1, name.length() - DOMAIN.length());
            return hosts.view(HostId.parse(id))
                    .flatMap(view -> HostAddress.parse(view.host().address()))
                    .map(HostAddress::host)
                    .orElseThrow(() -> new UnknownHostException(id));
        } catch (InvalidIdException e) {
            throw new UnknownHostException(name);
        }
    }
}
