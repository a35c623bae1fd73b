package dev.wrenn.cli.instance;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `wrenn up`: everything started and ready, until Ctrl-C or, detached, until `wrenn down`.
@Command(
        name = "up",
        description = {
            "Start PostgreSQL, Redis, the control plane and one host agent, and wait until a"
                    + " capsule could be created. The first time the guest images are built.",
            "DATABASE_URL and REDIS_URL in the environment replace the embedded servers.",
            "Ctrl-C or `wrenn down` stops everything."
        })
public final class UpCommand implements Callable<Integer> {
    /// Says to this command in another process that it is the supervisor.
    static final String SUPERVISE = "--supervise";

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    private boolean help;

    @Option(names = "--detach", description = "Return when it is ready; it goes on running.")
    private boolean detach;

    @Option(names = SUPERVISE, hidden = true)
    private boolean supervise;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where everything is kept (default: .wrenn beside the launcher).")
    private @Nullable Path dataDir;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8080", description = "Of the API.")
    private int port;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            defaultValue = "127.0.0.1",
            description =
                    "Of the API (default: ${DEFAULT-VALUE}, this machine only; 0.0.0.0: all).")
    private String listen = "127.0.0.1";

    @Override
    public Integer call() throws Exception {
        if (!"root".equals(System.getProperty("user.name")))
            throw new CommandFailure(
                    "up needs root: it makes network namespaces, mounts and virtual machines");
        var data = DataDir.of(dataDir, System.getenv());
        if (supervise) return new Supervision(data, address()).run();
        var background = new Background(data, address());
        var running = InstanceState.ofLiving(data.run());
        if (running.isPresent()) {
            background.join(running.get());
            return 0;
        }
        return detach ? background.start() : background.attend();
    }

    private InetSocketAddress address() {
        if (port < 1 || port > 65535)
            throw new CommandFailure("--port: " + port + " (expected: 1..65535)");
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(listen), port);
        } catch (IllegalArgumentException e) {
            throw new CommandFailure("--listen: " + listen + " (expected: an IP address)", e);
        }
    }
}
