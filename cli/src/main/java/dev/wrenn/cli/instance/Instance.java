package dev.wrenn.cli.instance;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Issuer;
import dev.wrenn.cli.pki.Pki;
import dev.wrenn.common.runtime.Tasks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One instance from its lock to its last process. [#start()] runs once; [#close()] may come at any
/// time from another thread and undoes whatever there is.
final class Instance implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Instance.class);
    private static final Duration SERVICES = Duration.ofMinutes(3);
    private static final Duration TERMINATE = Duration.ofSeconds(60);

    private final DataDir data;
    private final InetSocketAddress api;
    private final Progress progress;
    private final Map<String, String> environment;
    private final SecureRandom random = new SecureRandom();
    private final Spawner spawner = new Spawner();
    private final Commands commands = new Commands(spawner);
    private final HostVolume volume;
    private final Object lock = new Object();

    @GuardedBy("lock")
    private @Nullable Supervisor supervisor;

    @GuardedBy("lock")
    private @Nullable InstanceLock held;

    @GuardedBy("lock")
    private boolean closed;

    Instance(
            DataDir data,
            InetSocketAddress api,
            Progress progress,
            Map<String, String> environment) {
        this.data = data;
        this.api = api;
        this.progress = progress;
        this.environment = Map.copyOf(environment);
        this.volume = new HostVolume(data);
    }

    /// Returns when a capsule could be created.
    ///
    /// @throws CommandFailure for what the user can do something about
    /// @throws InstanceException when a part does not come up
    void start() throws Exception {
        takeLock();
        if (!Ports.isFree(api.getAddress(), api.getPort()))
            throw new CommandFailure(
                    "port "
                            + api.getPort()
                            + " is in use by another program: give --port another number");
        var settings = settings();
        var parts = begin(settings);
        progress.run("stopping what a killed run left", () -> Leftovers.stopProcesses(data));
        var boot = new BootImages(sources(), commands);
        progress.run("guest images", boot::build);
        var copied = progress.step("disk for capsules", volume::open);
        if (!copied.isEmpty()) progress.say("disks of capsules are copied, not shared: " + copied);
        progress.run("guest images in place", () -> boot.publish(data.host()));
        var pki =
                progress.step(
                        "certificates",
                        () -> new Issuer(InstantSource.system(), random).ensure(data.pki()));
        var services = new Services(spawner, data, pki, settings, environment);
        var account = new Account(data, random);
        account.writeBootstrap(settings.userPassword(), "127.0.0.1:" + settings.agentPort());
        Callable<Void> agent =
                () -> {
                    progress.run("starting the pager", () -> parts.start(services.pager()));
                    progress.run("starting the host agent", () -> parts.start(services.agent()));
                    return null;
                };
        Callable<Void> plane =
                () -> {
                    startControl(parts, services, settings);
                    return null;
                };
        both(agent, plane);
        progress.run("waiting until a capsule can be created", () -> services.awaitReady(SERVICES));
        account.writeCredentials(settings.apiUrl());
        parts.ready();
    }

    private void startControl(Supervisor parts, Services services, Settings settings)
            throws Exception {
        if (settings.embeddedPostgres())
            progress.run(
                    "starting PostgreSQL",
                    () ->
                            parts.start(
                                    DatastoreParts.postgres(
                                            data,
                                            settings.postgresPort(),
                                            settings.postgresPassword())));
        if (settings.embeddedRedis())
            progress.run(
                    "starting Redis",
                    () ->
                            parts.start(
                                    DatastoreParts.redis(
                                            data, settings.redisPort(), settings.redisPassword())));
        progress.run(
                "starting the control plane",
                () -> parts.start(services.control(), "postgres", "redis"));
    }

    private static void both(Callable<Void> one, Callable<Void> other) throws Exception {
        try {
            Tasks.all(SERVICES, List.of(one, other));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        } catch (TimeoutException e) {
            throw new InstanceException("not up after " + SERVICES.toSeconds() + " s", e);
        }
    }

    private void takeLock() throws IOException {
        var taken =
                InstanceLock.tryTake(data.run().resolve("lock"))
                        .orElseThrow(() ->
                                new CommandFailure("another up or down works on " + data.root()));
        synchronized (lock) {
            held = taken;
        }
    }

    private Path sources() {
        var root = environment.get("WRENN_ROOT");
        if (root == null || !Files.isExecutable(Path.of(root, "images/build")))
            throw new CommandFailure("up is run by the launcher ./wrenn of a checkout");
        return Path.of(root);
    }

    private Settings settings() throws IOException {
        var secrets = new Secrets(data.secrets(), random);
        secrets.of(Services.TOKEN_SECRET);
        secrets.hexOf(Services.ENCRYPTION_KEY);
        return Settings.choose(environment, api, secrets, () -> Ports.freeLoopback(random));
    }

    private Supervisor begin(Settings settings) {
        synchronized (lock) {
            if (closed) throw new InstanceException("stopped while starting");
            supervisor = new Supervisor(data.run(), settings.apiUrl(), settings.agentPort());
            supervisor.publish();
            return supervisor;
        }
    }

    /// Ends the capsules while the control plane still records it, then all parts, then the mount.
    @Override
    public void close() {
        Supervisor parts;
        InstanceLock mine;
        synchronized (lock) {
            if (closed) return;
            closed = true;
            parts = supervisor;
            mine = held;
        }
        if (mine == null) return; // not our instance
        if (parts != null) {
            attempt("stopping capsules", () -> terminate(parts));
            attempt("stopping services", parts::close);
        }
        attempt("unmounting", volume::close);
        attempt("removing process files", () -> Leftovers.forget(data));
        attempt("giving the lock back", mine::close);
    }

    private void terminate(Supervisor parts) {
        var agent = parts.find("agent");
        if (agent.isEmpty() || !agent.get().isHealthy()) return;
        agent.get().release();
        try (var link = new AgentLink(new Pki(data.pki()), parts.agentPort())) {
            if (!link.answers()) return; // it hangs, and its capsules go on without it
            link.terminate(TERMINATE);
        }
        agent.get().awaitExit(TERMINATE);
    }

    /// Every step is tried; a failure is said and recorded, the next `down` tries again.
    private void attempt(String what, Progress.Running step) {
        try {
            progress.run(what, step);
        } catch (Exception e) {
            LOG.atWarn().setCause(e).addKeyValue("step", what).log("clean-up step failed");
            progress.say(what + " failed: " + e.getMessage());
        }
    }
}
