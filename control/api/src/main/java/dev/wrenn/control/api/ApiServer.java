package dev.wrenn.control.api;

import dev.wrenn.common.model.UserId;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.RawPaths;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.control.domain.builds.Builds;
import dev.wrenn.control.domain.capsules.CapsuleFiles;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.capsules.CapsuleMetrics;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Pauses;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.network.Networks;
import dev.wrenn.control.domain.snapshots.Snapshots;
import dev.wrenn.control.domain.templates.TemplateStore;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.HandlerType;
import io.javalin.util.JavalinException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The listening API. Each request has a virtual thread, but for those that are only passed on;
/// platform threads accept, select and pass on.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final int PLATFORM_THREADS = 32;
    private static final Duration SOCKET_IDLE = Duration.ofSeconds(75); // pings come each 20 s

    /// A little longer than the second that Jetty leaves an idle connection then.
    private static final Duration LAST_REQUESTS = Duration.ofMillis(1500);

    private static final int LARGEST_MESSAGE = 1 << 20;
    private static final int READ_SIZE = 64 << 10; // uploads may be long

    private final Javalin javalin;
    private final Sockets sockets;
    private final PortProxy ports;
    private final LiveEvents live;
    private final AtomicBoolean closing;

    private ApiServer(
            Javalin javalin,
            Sockets sockets,
            PortProxy ports,
            LiveEvents live,
            AtomicBoolean closing) {
        this.live = live;
        this.javalin = javalin;
        this.sockets = sockets;
        this.ports = ports;
        this.closing = closing;
    }

    /// Binds and serves.
    ///
    /// @throws io.javalin.util.JavalinBindException when the port is taken
    public static ApiServer start(
            ApiConfig config,
            Capsules capsules,
            Processes processes,
            CapsuleFiles files,
            Pauses pauses,
            CapsuleMetrics measured,
            Snapshots snapshots,
            TemplateStore templates,
            Networks networks,
            Builds builds,
            CapsuleLimits limits,
            Identity identity,
            Hosts hosts,
            PortProxy ports,
            Readiness readiness,
            Metrics metrics) {
        var doorman = new Doorman(identity.authenticator(), identity.tokens());
        var sockets = new Sockets(capsules, processes, doorman, config.terminals());
        var closing = new AtomicBoolean();
        var gate = new Gate(doorman, hosts.tokens(), metrics, identity.refusals());
        var live = identity.liveEvents();
        var routes =
                routes(
                        capsules,
                        processes,
                        files,
                        pauses,
                        new MetricRoutes(measured),
                        snapshots,
                        templates,
                        new NetworkRoutes(networks),
                        new BuildRoutes(builds, templates, snapshots, limits),
                        new ImportRoutes(builds, limits),
                        identity,
                        hosts,
                        live,
                        sockets,
                        ports.routes(),
                        readiness,
                        metrics);
        gauges(metrics, sockets);
        metrics.gauge("wrenn_event_streams", "Clients that follow events", live::count);
        var javalin =
                Javalin.create(javalinConfig -> {
                    configure(javalinConfig, config, ports);
                    gate.install(javalinConfig);
                    javalinConfig.routes.before(http -> {
                        if (closing.get()) http.header("Connection", "close");
                    });
                    for (var route : routes) install(javalinConfig, gate, route);
                    for (var route : sockets.routes()) route.install(javalinConfig);
                });
        return new ApiServer(javalin.start(), sockets, ports, live, closing);
    }

    /// Everything that is served over plain HTTP.
    static List<Route> routes(
            Capsules capsules,
            Processes processes,
            CapsuleFiles files,
            Pauses pauses,
            MetricRoutes measured,
            Snapshots snapshots,
            TemplateStore templates,
            NetworkRoutes networks,
            BuildRoutes builds,
            ImportRoutes imports,
            Identity identity,
            Hosts hosts,
            LiveEvents live,
            Sockets sockets,
            PortRoutes ports,
            Readiness readiness,
            Metrics metrics) {
        var all = new ArrayList<Route>();
        all.addAll(new LoadRoutes(identity.loads(), InstantSource.system()).routes());
        all.addAll(new CapsuleRoutes(capsules, pauses).routes());
        all.addAll(measured.routes());
        all.addAll(new ExecRoutes(capsules, processes).routes());
        all.addAll(new ProcessRoutes(capsules, processes).routes());
        all.addAll(new FileRoutes(capsules, files).routes());
        all.addAll(new FileUploads(capsules, files).routes());
        all.addAll(new PlatformCapsules(capsules, snapshots).routes(all));
        for (var socket : sockets.routes()) all.add(socket.plain());
        all.addAll(ports.routes());
        all.addAll(networks.routes());
        all.addAll(new SnapshotRoutes(snapshots, templates).routes());
        all.addAll(builds.routes());
        all.addAll(imports.routes());
        all.addAll(hosts.routes(identity.attempts()));
        all.addAll(identity.routes(live));
        all.addAll(new SystemRoutes(readiness, metrics).routes());
        return all;
    }

    private static void gauges(Metrics metrics, Sockets sockets) {
        metrics.gauge("wrenn_exec_streams", "Open exec streams", sockets.exec::count);
        metrics.gauge("wrenn_process_streams", "Followed processes", sockets.follow::count);
        metrics.gauge("wrenn_terminals", "Clients at terminals", sockets.terminal::count);
    }

    private static void install(JavalinConfig config, Gate gate, Route route) {
        var handler = gate.guard(route);
        for (var path : route.paths()) {
            var method = HandlerType.findOrCreate(route.method());
            config.routes.addHttpHandler(method, path, handler);
            if (route.method().equals("GET"))
                config.routes.addHttpHandler(HandlerType.HEAD, path, handler);
        }
    }

    private static void configure(JavalinConfig javalin, ApiConfig config, PortProxy ports) {
        javalin.startup.showJavalinBanner = false;
        javalin.startup.showOldJavalinVersionWarning = false;
        javalin.startup.startupWatcherEnabled = false;
        javalin.http.prefer405over404 = true;
        javalin.http.defaultContentType = "application/json";
        javalin.http.compressionStrategy = CompressionStrategy.NONE; // a proxy's business
        javalin.http.maxRequestSize = Call.BODY_LIMIT;
        javalin.router.ignoreTrailingSlashes = true;
        javalin.jetty.threadPool = threads();
        javalin.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setSendXPoweredBy(false);
            http.setRequestHeaderSize(ProxyClient.LARGEST_HEAD); // browsers send apps large cookies
            http.setResponseHeaderSize(2 * ProxyClient.LARGEST_HEAD);
            RawPaths.accept(http);
        });
        javalin.jetty.modifyServer(server -> {
            server.setStopTimeout(config.stopLimit().toMillis());
            server.setErrorHandler(new Errors());
            config.dashboard().ifPresent(pages -> ports.setHandler(Dashboard.of(pages)));
            server.setHandler(new GracefulHandler(ports));
        });
        javalin.jetty.modifyWebSocketServletFactory(factory -> {
            factory.setIdleTimeout(SOCKET_IDLE);
            factory.setMaxTextMessageSize(LARGEST_MESSAGE);
        });
        javalin.jetty.addConnector((server, http) -> connector(server, http, config));
    }

    private static Connector connector(Server server, HttpConfiguration http, ApiConfig config) {
        var requests = new ClientConnection.Factory(http);
        requests.setInputBufferSize(READ_SIZE);
        var connector = new LivelyConnector(server, requests);
        connector.setHost(config.address());
        connector.setPort(config.port());
        connector.setIdleTimeout(config.idleLimit().toMillis());
        connector.addBean(new HeaderTimeout(connector.getScheduler(), config.headerLimit()));
        return connector;
    }

    private static QueuedThreadPool threads() {
        var pool = new QueuedThreadPool(PLATFORM_THREADS, 4);
        pool.setName("api");
        pool.setReservedThreads(0);
        pool.setVirtualThreadsExecutor(
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("request-", 0).factory()));
        return pool;
    }

    /// Rights have changed somewhere: whoever lost theirs is sent out.
    ///
    /// @param whose empty: anybody's
    public void rightsChanged(Optional<UserId> whose) {
        sockets.check(whose);
        live.check(whose);
    }

    /// The port it listens on.
    public int port() {
        return javalin.port();
    }

    /// New connections are refused, so that their clients try another control plane, while requests
    /// on those that are open are served as before, until they pause.
    private void refuseConnections() {
        closing.set(true); // each connection ends with its next answer
        var closed = new ArrayList<CompletableFuture<Void>>();
        for (var connector : javalin.jettyServer().server().getConnectors())
            closed.add(connector.shutdown());
        try {
            CompletableFuture.allOf(closed.toArray(CompletableFuture[]::new))
                    .get(LAST_REQUESTS.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.atDebug().log("some connections do not pause");
        } catch (ExecutionException e) {
            LOG.atDebug().setCause(e).log("connections do not close");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Closes WebSockets with 1001, stops accepting, lets requests under way finish.
    @Override
    public void close() {
        sockets.close();
        live.close();
        ports.cutTunnels();
        refuseConnections();
        try {
            javalin.stop();
        } catch (JavalinException e) {
            LOG.atWarn().setCause(e).log("requests that took too long were cut off");
        }
    }
}
