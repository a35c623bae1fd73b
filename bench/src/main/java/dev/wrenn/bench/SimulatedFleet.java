package dev.wrenn.bench;

import static dev.wrenn.common.connect.HostAgentMethods.CREATE_SANDBOX;
import static dev.wrenn.common.connect.HostAgentMethods.DESTROY_SANDBOX;
import static dev.wrenn.common.connect.HostAgentMethods.GET_HOST;
import static dev.wrenn.common.connect.HostAgentMethods.GET_SANDBOX;
import static dev.wrenn.common.connect.HostAgentMethods.LIST_SANDBOXES;
import static dev.wrenn.common.connect.HostAgentMethods.PING_SANDBOX;
import static dev.wrenn.common.connect.HostAgentMethods.SET_NETWORK;
import static dev.wrenn.common.connect.HostAgentMethods.WATCH_SANDBOXES;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectServer;
import dev.wrenn.common.connect.ConnectService;
import dev.wrenn.common.connect.Tls;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/// Many simulated hosts behind one listener. Each is dialled by its own name and shows its own
/// certificate; which one is meant is said in the `Host` header.
final class SimulatedFleet implements AutoCloseable {
    private static final String CALLER = "wrenn-cp"; // whom agents take calls from
    private static final char[] NO_PASSWORD = {};

    private final Map<String, SimulatedHost> hosts = new HashMap<>();
    private final SslContextFactory.Server tls;
    private @Nullable ConnectServer server;

    SimulatedFleet(Collection<Membership> members) {
        for (var member : members) hosts.put(member.host(), new SimulatedHost());
        tls = tls(members);
    }

    /// @param id `host-…`
    SimulatedHost host(String id) {
        var host = hosts.get(id);
        if (host == null) throw new BenchException("no host " + id);
        return host;
    }

    /// Capsules of all hosts.
    int count() {
        return hosts.values().stream().mapToInt(SimulatedHost::count).sum();
    }

    /// Listens on a port of loopback from now on.
    void listen(int port) {
        var service =
                ConnectService.builder()
                        .unary(CREATE_SANDBOX, (call, q) -> called(call).create(q))
                        .unary(DESTROY_SANDBOX, (call, q) -> called(call).destroy(q))
                        .unary(GET_SANDBOX, (call, q) -> called(call).find(q))
                        .unary(LIST_SANDBOXES, (call, q) -> called(call).list(q))
                        .unary(PING_SANDBOX, (call, q) -> called(call).ping(q))
                        .unary(SET_NETWORK, (call, q) -> called(call).network(q))
                        .unary(GET_HOST, (call, _) -> called(call).describe())
                        .stream(WATCH_SANDBOXES, (call, _, out) -> called(call).watch(call, out))
                        .build();
        server =
                ConnectServer.builder()
                        .port(port)
                        .tls(tls)
                        .stopTimeout(Duration.ofSeconds(1))
                        .service(service)
                        .start();
    }

    private SimulatedHost called(CallContext call) {
        if (!CALLER.equals(call.peer()))
            throw new ConnectException(
                    Code.PERMISSION_DENIED, "only the control plane may call a host agent");
        var labels = String.valueOf(call.header("Host")).split("\\.");
        var host = labels.length < 2 ? null : hosts.get(labels[1]);
        if (host == null) throw new ConnectException(Code.INTERNAL, "no such simulated host");
        return host;
    }

    private static SslContextFactory.Server tls(Collection<Membership> members) {
        try {
            var keys = KeyStore.getInstance("JKS");
            keys.load(null, NO_PASSWORD);
            SslContextFactory.Server all = null;
            for (var member : members) {
                var one = Tls.server(member.papers());
                if (all == null) all = one;
                var own = one.getKeyStore();
                var alias = own.aliases().nextElement();
                keys.setKeyEntry(
                        member.host(),
                        own.getKey(alias, NO_PASSWORD),
                        NO_PASSWORD,
                        own.getCertificateChain(alias));
            }
            if (all == null) throw new BenchException("a fleet without hosts");
            all.setKeyStore(keys);
            return all;
        } catch (GeneralSecurityException | java.io.IOException e) {
            throw new BenchException("certificates of simulated hosts", e);
        }
    }

    @Override
    public void close() {
        if (server != null) server.close();
    }
}
