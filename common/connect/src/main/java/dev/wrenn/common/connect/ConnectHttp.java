package dev.wrenn.common.connect;

import java.time.Duration;
import java.util.concurrent.Executors;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.SocketAddressResolver;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;

/// HTTP clients that suit Connect: HTTP/1.1, virtual threads, many connections per server, no
/// redirects, cookies, decompression or user agent.
public final class ConnectHttp {
    /// Less than the servers' 60 s: the client gives an idle connection up first, so that no call
    /// is sent into one that is being closed.
    private static final Duration IDLE = Duration.ofSeconds(45);

    private static final int MAX_CONNECTIONS = 4096; // each running call has one
    private static final int MAX_WAITING = 4096;
    private static final int MAX_PLATFORM_THREADS = 16;
    // A path of 4 KiB, each byte of it as three characters, and the rest of a head.
    private static final int HEAD_LIMIT = 20 << 10;
    private static final int READ_SIZE = 64 << 10; // bodies may be long

    private ConnectHttp() {}

    /// A started client without TLS of its own; the caller closes it.
    ///
    /// @param connectTimeout for each new connection
    public static HttpClient client(String name, Duration connectTimeout) {
        return start(name, connectTimeout, null, null);
    }

    /// A started client that dials `https` with these keys, see [Tls#client].
    public static HttpClient client(
            String name, Duration connectTimeout, SslContextFactory.Client tls) {
        return start(name, connectTimeout, tls, null);
    }

    /// The same, with names of our own.
    ///
    /// @param names knows where the names are that are dialled; the server's certificate must be
    ///   for the name
    public static HttpClient client(
            String name,
            Duration connectTimeout,
            SslContextFactory.Client tls,
            SocketAddressResolver names) {
        return start(name, connectTimeout, tls, names);
    }

    private static HttpClient start(
            String name,
            Duration connectTimeout,
            SslContextFactory.@Nullable Client tls,
            @Nullable SocketAddressResolver names) {
        var connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setExecutor(threads(name));
        connector.setConnectTimeout(connectTimeout);
        if (tls != null) connector.setSslContextFactory(tls);
        var transport = new HttpClientTransportOverHTTP(connector);
        // What listens to answers only notes and wakes: no thread in between.
        transport.setInvocationType(Invocable.InvocationType.NON_BLOCKING);
        var http = new HttpClient(transport);
        http.setName(name);
        if (names != null) http.setSocketAddressResolver(names);
        http.setConnectTimeout(connectTimeout.toMillis());
        http.setIdleTimeout(IDLE.toMillis());
        http.setDestinationIdleTimeout(2 * IDLE.toMillis());
        http.setMaxConnectionsPerDestination(MAX_CONNECTIONS);
        http.setMaxRequestsQueuedPerDestination(MAX_WAITING);
        http.setFollowRedirects(false);
        http.setUserAgentField(null);
        http.setMaxRequestHeadersSize(HEAD_LIMIT);
        http.setResponseBufferSize(READ_SIZE);
        http.setHttpCookieStore(new HttpCookieStore.Empty());
        try {
            http.start();
        } catch (Exception e) {
            throw new IllegalStateException("HTTP client " + name + " could not start", e);
        }
        http.getProtocolHandlers().clear(); // redirects, authentication: not in this protocol
        http.getContentDecoderFactories().clear();
        return http;
    }

    private static QueuedThreadPool threads(String name) {
        var pool = new QueuedThreadPool(MAX_PLATFORM_THREADS, 2);
        pool.setName(name);
        pool.setDaemon(true);
        pool.setReservedThreads(0);
        pool.setVirtualThreadsExecutor(
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name(name + "-", 0).factory()));
        return pool;
    }
}
