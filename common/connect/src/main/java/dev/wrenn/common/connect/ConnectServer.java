package dev.wrenn.common.connect;

import dev.wrenn.common.runtime.Deadline;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import io.javalin.util.JavalinException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.eclipse.jetty.server.AbstractConnectionFactory;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An HTTP/1.1 server with one listener for Connect services and a few plain routes. Each request
/// has a virtual thread; platform threads only accept and select.
public final class ConnectServer implements AutoCloseable {
    private static final Duration IDLE = Duration.ofSeconds(60); // of connections without a call
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2); // after the handlers' end
    private static final int MAX_PLATFORM_THREADS = 32;
    // A path of 4 KiB, each byte of it as three characters, and the rest of a head.
    private static final int HEAD_LIMIT = 20 << 10;
    private static final int READ_SIZE = 64 << 10; // bodies may be long
    private static final Logger LOG = LoggerFactory.getLogger(ConnectServer.class);

    private final Javalin javalin;
    private final List<ConnectService> services;
    private final Duration stopTimeout;
    private final int port;

    private ConnectServer(Javalin javalin, List<ConnectService> services, Duration stopTimeout) {
        this.stopTimeout = stopTimeout;
        this.javalin = javalin;
        this.services = List.copyOf(services);
        this.port = javalin.port();
    }

    public static Builder builder() {
        return new Builder();
    }

    /// The port it listens on.
    public int port() {
        return port;
    }

    /// Stops: streams end with `unavailable`, unary calls may finish within the stop time-out, new
    /// ones are refused.
    @Override
    public void close() {
        for (var service : services) service.drain();
        var deadline = Deadline.after(stopTimeout);
        for (var service : services) service.awaitDrained(deadline);
        for (var service : services) service.cancelAll(); // handlers that took too long
        try {
            javalin.stop();
        } catch (JavalinException e) {
            LOG.atWarn().setCause(e).log("requests did not end; their connections were cut");
        }
    }

    /// What to listen on and what to serve. Not thread-safe.
    public static final class Builder {
        private final List<ConnectService> services = new ArrayList<>();
        private final List<Consumer<JavalinConfig>> settings = new ArrayList<>();
        private String address = "127.0.0.1";
        private int port;
        private Duration stopTimeout = Duration.ofSeconds(10);
        private SslContextFactory.@Nullable Server tls;
        private Handler.@Nullable Wrapper front;
        private Consumer<HttpConfiguration> reading = _ -> {};

        private Builder() {}

        /// Address to bind; loopback unless set.
        public Builder address(String value) {
            address = value;
            return this;
        }

        /// Port to bind; 0, the default, picks a free one.
        public Builder port(int value) {
            port = value;
            return this;
        }

        /// How long [ConnectServer#close()] waits for running unary calls; 10 s unless set.
        public Builder stopTimeout(Duration value) {
            stopTimeout = value;
            return this;
        }

        /// TLS, see [Tls#server]; plain unless set.
        public Builder tls(SslContextFactory.Server value) {
            tls = value;
            return this;
        }

        public Builder service(ConnectService service) {
            services.add(service);
            return this;
        }

        /// A handler that sees every request first, and how it wants them read.
        public Builder front(Handler.Wrapper value, Consumer<HttpConfiguration> how) {
            front = value;
            reading = how;
            return this;
        }

        /// Further routes, such as `/metrics` and `/health`.
        public Builder configure(Consumer<JavalinConfig> setting) {
            settings.add(setting);
            return this;
        }

        /// Binds and serves.
        ///
        /// @throws io.javalin.util.JavalinBindException when the port is taken
        public ConnectServer start() {
            var javalin =
                    Javalin.create(config -> {
                        config.startup.showJavalinBanner = false;
                        config.startup.showOldJavalinVersionWarning = false;
                        config.startup.startupWatcherEnabled = false;
                        config.jetty.threadPool = threads();
                        config.jetty.modifyHttpConfiguration(http -> {
                            http.setSendServerVersion(false);
                            http.setSendDateHeader(false);
                            http.setRequestHeaderSize(HEAD_LIMIT);
                            reading.accept(http);
                        });
                        config.jetty.modifyServer(server -> {
                            server.setStopTimeout(LAST_ANSWERS.toMillis());
                            var graceful = new GracefulHandler();
                            if (front != null) graceful.setHandler(front);
                            server.setHandler(graceful);
                        });
                        config.jetty.addConnector(this::connector);
                        for (var service : services) service.install(config);
                        for (var setting : settings) setting.accept(config);
                    });
            return new ConnectServer(javalin.start(), services, stopTimeout);
        }

        private Connector connector(Server server, HttpConfiguration http) {
            ServerConnector connector;
            if (tls == null) {
                connector = new ServerConnector(server, 1, 1, requests(http));
            } else {
                http.addCustomizer(new SecureRequestCustomizer(false)); // dialled by address
                connector =
                        new ServerConnector(
                                server,
                                1,
                                1,
                                AbstractConnectionFactory.getFactories(tls, requests(http)));
            }
            connector.setHost(address);
            connector.setPort(port);
            connector.setIdleTimeout(IDLE.toMillis());
            return connector;
        }

        private static HttpConnectionFactory requests(HttpConfiguration http) {
            var factory = new HttpConnectionFactory(http);
            factory.setInputBufferSize(READ_SIZE);
            return factory;
        }

        private static QueuedThreadPool threads() {
            var pool = new QueuedThreadPool(MAX_PLATFORM_THREADS, 4);
            pool.setName("connect-server");
            pool.setReservedThreads(0);
            pool.setVirtualThreadsExecutor(
                    Executors.newThreadPerTaskExecutor(
                            Thread.ofVirtual().name("connect-call-", 0).factory()));
            return pool;
        }
    }
}
