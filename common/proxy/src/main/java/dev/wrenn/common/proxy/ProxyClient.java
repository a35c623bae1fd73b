package dev.wrenn.common.proxy;

import java.time.Duration;
import java.util.Optional;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/// The connections that requests are passed on over. It adds nothing of its own: no cookies,
/// redirects, decompression or headers. Thread-safe.
public final class ProxyClient implements AutoCloseable {
    /// Most bytes of the head of a request or an answer that is passed on.
    public static final int LARGEST_HEAD = 32 << 10;

    /// Less than the 60 s of the agents' server: we give an idle connection up first.
    private static final Duration IDLE = Duration.ofSeconds(45);

    private static final int MAX_CONNECTIONS = 1 << 16; // capsules have limits of their own
    private static final int PLATFORM_THREADS = 16;

    private final HttpClient http;

    private ProxyClient(HttpClient http) {
        this.http = http;
    }

    /// A started client.
    ///
    /// @param connectLimit for each new connection
    /// @param tls our certificate and whom we trust; empty where nobody dials `https`
    public static ProxyClient start(
            String name, Duration connectLimit, Optional<SslContextFactory.Client> tls) {
        return start(name, connectLimit, tls, Optional.empty());
    }

    /// The same, with names of our own.
    ///
    /// @param names knows where the names are that are dialled
    public static ProxyClient start(
            String name,
            Duration connectLimit,
            Optional<SslContextFactory.Client> tls,
            Optional<SocketAddressResolver> names) {
        var connector = new ClientConnector();
        connector.setSelectors(selectors());
        connector.setExecutor(threads(name));
        connector.setConnectTimeout(connectLimit);
        tls.ifPresent(connector::setSslContextFactory);
        var transport = new HttpClientTransportOverHTTP(connector);
        // What listens to answers only notes and wakes: no thread in between.
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        var http = new HttpClient(transport);
        http.setName(name);
        names.ifPresent(http::setSocketAddressResolver);
        http.setConnectTimeout(connectLimit.toMillis());
        http.setIdleTimeout(IDLE.toMillis());
        http.setDestinationIdleTimeout(2 * IDLE.toMillis());
        http.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
        http.setMaxRequestsQueuedPerDestination(MAX_CONNECTIONS);
        http.setMaxRequestHeadersSize(2 * LARGEST_HEAD); // what we add must fit as well
        http.setMaxResponseHeadersSize(LARGEST_HEAD);
        http.setFollowRedirects(false);
        http.setUserAgentField(null);
        http.setDefaultRequestContentType(null);
        http.setHttpCookieStore(new HttpCookieStore.Empty());
        try {
            http.start();
        } catch (Exception e) {
            throw new IllegalStateException("HTTP client " + name + " could not start", e);
        }
        http.getContentDecoderFactories().clear();
        http.getProtocolHandlers().clear();
        http.getProtocolHandlers().put(new ContinueProtocolHandler());
        http.getProtocolHandlers().put(new ProcessingProtocolHandler());
        http.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
        return new ProxyClient(http);
    }

    /// How many threads read and write what is passed on: half of the processors, four at most.
    public static int selectors() {
        return Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, 4);
    }

    private static QueuedThreadPool threads(String name) {
        var pool = new QueuedThreadPool(PLATFORM_THREADS, 2);
        pool.setName(name);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        return pool;
    }

    HttpClient http() {
        return http;
    }

    /// Closes every connection with this tag that no request uses.
    public void forget(Object tag) {
        for (var destination : http.getDestinations()) {
            if (destination.getOrigin().getTag() != tag) continue;
            http.removeDestination(destination);
            if (destination instanceof LifeCycle pool) LifeCycle.stop(pool);
        }
    }

    @Override
    public void close() {
        LifeCycle.stop(http);
    }
}
