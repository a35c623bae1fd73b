package dev.wrenn.host.agent;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectServer;
import dev.wrenn.common.connect.ConnectService;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.StreamHandler;
import dev.wrenn.common.connect.UnaryHandler;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.proxy.RawPaths;
import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Metrics;
import io.javalin.config.JavalinConfig;
import java.time.Duration;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The listener: the service of the contract, `/metrics` and `/health`.
final class AgentServer {
    private static final Logger LOG = LoggerFactory.getLogger(AgentServer.class);
    static final String CALLER = "wrenn-cp"; // common name of the control plane
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);
    private static final String HEALTH =
            "{\"status\":\"ok\",\"version\":\"" + Build.VERSION + "\"}";

    private AgentServer() {}

    static ConnectServer start(
            String address,
            int port,
            SslContextFactory.Server tls,
            Metrics metrics,
            SandboxRpc sandboxes,
            MetricRpc measured,
            ImageRpc images,
            ExecRpc programs,
            ProcessRpc processes,
            PtyRpc terminals,
            FileRpc files,
            FileBodies contents,
            ImageBodies saved,
            WatchRpc changes,
            PortProxy ports) {
        var service =
                ConnectService.builder()
                        .maxResponseBytes(80 << 20) // two streams of 32 MiB and room
                        .unary(HostAgentMethods.CREATE_SANDBOX, only(sandboxes::create))
                        .unary(HostAgentMethods.DESTROY_SANDBOX, only(sandboxes::destroy))
                        .unary(HostAgentMethods.GET_SANDBOX, only(sandboxes::find))
                        .unary(HostAgentMethods.LIST_SANDBOXES, only(sandboxes::list))
                        .unary(HostAgentMethods.SET_NETWORK, only(sandboxes::network))
                        .unary(HostAgentMethods.PING_SANDBOX, only(sandboxes::ping))
                        .unary(HostAgentMethods.GET_SANDBOX_METRICS, only(measured::points))
                        .unary(HostAgentMethods.FLUSH_SANDBOX_METRICS, only(measured::flush))
                        .unary(HostAgentMethods.PAUSE_SANDBOX, only(images::pause))
                        .unary(HostAgentMethods.RESUME_SANDBOX, only(images::resume))
                        .unary(HostAgentMethods.CREATE_SNAPSHOT, only(images::create))
                        .unary(HostAgentMethods.DELETE_SNAPSHOT, only(images::delete))
                        .unary(HostAgentMethods.FETCH_TEMPLATE, only(images::fetch))
                        .unary(HostAgentMethods.FLATTEN_ROOTFS, only(images::flatten))
                        .unary(HostAgentMethods.GET_HOST, only(sandboxes::host))
                        .unary(HostAgentMethods.TERMINATE, only(sandboxes::terminate))
                        .unary(HostAgentMethods.EXEC, only(programs::exec))
                        .unary(HostAgentMethods.SEND_INPUT, only(programs::input))
                        .unary(HostAgentMethods.CLOSE_INPUT, only(programs::closeInput))
                        .unary(HostAgentMethods.KILL_PROCESS, only(processes::kill))
                        .unary(HostAgentMethods.START_BACKGROUND, only(processes::start))
                        .unary(HostAgentMethods.LIST_PROCESSES, only(processes::list))
                        .unary(HostAgentMethods.PTY_SEND_INPUT, only(terminals::input))
                        .unary(HostAgentMethods.PTY_RESIZE, only(terminals::resize))
                        .unary(HostAgentMethods.PTY_KILL, only(terminals::kill))
                        .unary(HostAgentMethods.STAT_PATH, only(files::stat))
                        .unary(HostAgentMethods.LIST_DIR, only(files::list))
                        .unary(HostAgentMethods.MAKE_DIR, only(files::makeFolder))
                        .unary(HostAgentMethods.REMOVE_PATH, only(files::remove))
                        .unary(HostAgentMethods.RENAME_PATH, only(files::rename))
                        .stream(HostAgentMethods.CONNECT_PROCESS, onlyStream(processes::connect))
                        .stream(HostAgentMethods.PTY_ATTACH, onlyStream(terminals::attach))
                        .stream(HostAgentMethods.EXEC_STREAM, onlyStream(programs::stream))
                        .stream(HostAgentMethods.WATCH_SANDBOXES, onlyStream(changes::watch))
                        .build();
        return ConnectServer.builder()
                .address(address)
                .port(port)
                .tls(tls)
                .stopTimeout(STOP_LIMIT)
                .service(service)
                .front(ports, AgentServer::reading)
                .configure(config -> plainRoutes(config, metrics))
                .configure(contents::install)
                .configure(saved::install)
                .start();
    }

    /// Heads and paths of requests to guests are larger and odder than our own.
    private static void reading(HttpConfiguration http) {
        http.setRequestHeaderSize(2 * ProxyClient.LARGEST_HEAD);
        http.setResponseHeaderSize(2 * ProxyClient.LARGEST_HEAD);
        RawPaths.accept(http);
    }

    private static void plainRoutes(JavalinConfig config, Metrics metrics) {
        config.routes.get(
                "/metrics",
                http -> http.contentType(Metrics.CONTENT_TYPE).result(metrics.scrape()));
        config.routes.get("/health", http -> http.contentType("application/json").result(HEALTH));
    }

    private static <Q, R> UnaryHandler<Q, R> only(UnaryHandler<Q, R> handler) {
        return (call, request) -> {
            check(call.peer());
            try {
                return handler.handle(call, request);
            } catch (ConnectException | InterruptedException e) {
                throw e;
            } catch (RuntimeException e) {
                throw unexpected(e);
            }
        };
    }

    private static <Q, R> StreamHandler<Q, R> onlyStream(StreamHandler<Q, R> handler) {
        return (call, request, out) -> {
            check(call.peer());
            try {
                handler.handle(call, request, out);
            } catch (ConnectException | InterruptedException e) {
                throw e;
            } catch (RuntimeException e) {
                throw unexpected(e);
            }
        };
    }

    /// @param peer common name of the caller's certificate
    static void check(@Nullable String peer) {
        if (!CALLER.equals(peer))
            throw new ConnectException(
                    Code.PERMISSION_DENIED, "only the control plane may call a host agent");
    }

    /// What went wrong is for our log, not for the caller.
    static ConnectException unexpected(RuntimeException e) {
        LOG.atError().setCause(e).log("call failed");
        return new ConnectException(Code.INTERNAL, "the host agent failed");
    }
}
