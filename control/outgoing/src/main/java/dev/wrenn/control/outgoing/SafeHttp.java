package dev.wrenn.control.outgoing;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/// Clients for servers of others. Each name is looked up once for a connection, every address of it
/// is checked, and the connection goes to a checked one; redirects are not followed, nothing is
/// unpacked, no cookie is kept, no challenge is answered.
final class SafeHttp {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration IDLE = Duration.ofSeconds(15); // also of kept connections
    private static final int LARGEST_HEAD = 16 << 10;
    private static final int PLATFORM_THREADS = 8;

    private SafeHttp() {}

    /// A started one.
    static HttpClient start(
            String name, TargetRules rules, TargetRules.Names names, SslContextFactory.Client tls) {
        var pool = new QueuedThreadPool(PLATFORM_THREADS, 2);
        pool.setName(name);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        var connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setExecutor(pool);
        connector.setSslContextFactory(tls);
        var http = new HttpClient(new HttpClientTransportOverHTTP(connector));
        http.setName(name);
        http.setConnectTimeout(CONNECT.toMillis());
        http.setIdleTimeout(IDLE.toMillis());
        http.setDestinationIdleTimeout(2 * IDLE.toMillis());
        http.setMaxResponseHeadersSize(LARGEST_HEAD);
        http.setFollowRedirects(false);
        http.setUserAgentField(null);
        http.setHttpCookieStore(new HttpCookieStore.Empty());
        http.setSocketAddressResolver(new Checked(rules, names));
        try {
            http.start();
        } catch (Exception e) {
            throw new IllegalStateException("client for others could not start", e);
        }
        http.getContentDecoderFactories().clear();
        http.getProtocolHandlers().clear(); // no redirects, no answers to challenges
        return http;
    }

    /// What a name leads to, or a refusal.
    private record Checked(TargetRules rules, TargetRules.Names names)
            implements SocketAddressResolver {
        @Override
        public void resolve(
                String host,
                int port,
                Map<String, Object> context,
                Promise<List<InetSocketAddress>> promise) {
            Thread.ofVirtual()
                    .name("lookup")
                    .start(() -> {
                        try {
                            var found = new ArrayList<InetSocketAddress>();
                            for (var address : rules.check(host, names))
                                found.add(new InetSocketAddress(named(host, address), port));
                            promise.succeeded(found);
                        } catch (UnknownHostException | RuntimeException e) {
                            promise.failed(e);
                        }
                    });
        }

        /// The name goes with the address: the certificate must be for it.
        private static InetAddress named(String host, InetAddress address)
                throws UnknownHostException {
            return InetAddress.getByAddress(host, address.getAddress());
        }
    }

    /// Why an address is not asked at all.
    static Optional<String> refusal(URI url, TargetRules rules) {
        var host = url.getHost();
        if (host == null || url.getUserInfo() != null) return Optional.of("url: not usable");
        if ("https".equals(url.getScheme())) return Optional.empty();
        if (!"http".equals(url.getScheme())) return Optional.of("url: expected https");
        return rules.namesHost(host) ? Optional.empty() : Optional.of("url: expected https");
    }

    static boolean namedLiteral(String host, TargetRules rules) {
        try {
            return rules.named(InetAddress.ofLiteral(host.replace("[", "").replace("]", "")));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /// Whether a failed request was one to an address that may not be connected to.
    static boolean refused(Throwable failed) {
        for (var t = failed; t != null; t = t.getCause())
            if (t instanceof TargetRules.RefusedException) return true;
        return false;
    }
}
