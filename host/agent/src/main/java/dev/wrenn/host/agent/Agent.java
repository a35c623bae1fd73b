package dev.wrenn.host.agent;

import dev.wrenn.common.connect.ConnectServer;
import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.capsule.CapsuleConfig;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.HostRooms;
import dev.wrenn.host.capsule.Rooms;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskConfig;
import dev.wrenn.host.disk.Disks;
import dev.wrenn.host.disk.Images;
import dev.wrenn.host.guest.GuestHttp;
import dev.wrenn.host.network.NetworkConfig;
import dev.wrenn.host.network.Slots;
import dev.wrenn.host.vmm.FirecrackerConfig;
import dev.wrenn.host.vmm.VmmConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One running host agent. Closing it leaves VMs running.
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);
    private static final Duration DIAL = Duration.ofSeconds(5);
    private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    private final Teardown rooms;
    private final ConnectServer server;
    private final String summary;
    private final CountDownLatch stopAsked;

    private Agent(Teardown rooms, ConnectServer server, String summary, CountDownLatch stopAsked) {
        this.rooms = rooms;
        this.server = server;
        this.summary = summary;
        this.stopAsked = stopAsked;
    }

    /// Opens the rooms of this machine, takes back what runs, and serves.
    ///
    /// @throws AgentException when another agent has the data directory, or a room does not open
    public static Agent start(AgentConfig config) {
        try (var undo = new Teardown()) {
            undo.add(DataDirLock.take(config.dataDir()));
            var clock = Clock.systemUTC();
            var images = new Images(config.dataDir());
            var kernel = images.kernel();
            var defaults = VmmConfig.defaults(config.vmjail());
            var vmm =
                    config.vmm()
                            .open(
                                    new VmmConfig(
                                            config.accel(),
                                            defaults.program(),
                                            defaults.launcher(),
                                            defaults.startLimit(),
                                            defaults.controlLimit(),
                                            config.ramshim(),
                                            config.disk()),
                                    FirecrackerConfig.defaults(
                                                    config.firecracker(), config.vmjail())
                                            .withDisk(config.disk()),
                                    config.dataDir(),
                                    kernel.vmlinux(),
                                    kernel.initramfs());
            var disks =
                    new Disks(
                            config.dataDir(),
                            new DiskConfig(MemorySize.ofMib(config.diskReserveMib())));
            var slots =
                    undo.add(
                            Slots.open(
                                    new NetworkConfig(
                                            config.slotPool(),
                                            NetworkConfig.RUN_DIR,
                                            config.guestDns()),
                                    config.dataDir()));
            var http = undo.add(new GuestHttp());
            var all = HostRooms.of(config.dataDir(), slots, images, disks, vmm, http, clock);
            var membership = membership(config, disks.free(), clock);
            return serve(config, all, membership, clock, undo.keep());
        }
    }

    /// @return empty for an agent that is given what it proves itself with
    private static Optional<Membership> membership(
            AgentConfig config, MemorySize disk, Clock clock) {
        if (!(config.identity() instanceof AgentConfig.Identity.Fleet(var fleet)))
            return Optional.empty();
        var machine =
                new MachineFacts(
                        System.getProperty("os.arch").equals("amd64")
                                ? "x86_64"
                                : System.getProperty("os.arch"),
                        Runtime.getRuntime().availableProcessors(),
                        hostMemory().mib(),
                        Math.max(1, disk.mib() >> 10));
        try {
            return Optional.of(Membership.open(fleet, config.dataDir(), machine, clock));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AgentException("interrupted while registering", e);
        }
    }

    /// Serves with these rooms.
    ///
    /// @param membership closed with the agent
    /// @param undo closes them, after the server
    static Agent serve(
            AgentConfig config,
            Rooms rooms,
            Optional<Membership> membership,
            Clock clock,
            Teardown undo) {
        try (var mine = undo.keep()) {
            var metrics = new Metrics();
            var capsules =
                    mine.add(
                            Capsules.open(
                                    new CapsuleConfig(
                                            config.dataDir(),
                                            Runtime.getRuntime().availableProcessors(),
                                            hostMemory(),
                                            config.memoryOvercommit(),
                                            config.vcpuOvercommit(),
                                            config.bootLimit(),
                                            config.guestDns(),
                                            config.restore(),
                                            config.canRestore() ? config.warmImages() : 0,
                                            config.waitingVms()),
                                    rooms,
                                    membership
                                            .<ChunkSource>map(ControlPlaneChunks::new)
                                            .orElse(ChunkSource.NONE),
                                    metrics,
                                    clock));
            var stop = new CountDownLatch(1);
            var contact = new Contact();
            var tags = new Tags(new SecureRandom()::nextInt);
            var server =
                    AgentServer.start(
                            config.address(),
                            config.port(),
                            tls(config, membership),
                            metrics,
                            new SandboxRpc(capsules, rooms, contact, () -> stopAfterThisCall(stop)),
                            new MetricRpc(capsules, clock),
                            new ImageRpc(capsules),
                            new ExecRpc(capsules, new AgentMeters(metrics)),
                            new ProcessRpc(capsules, tags),
                            new PtyRpc(capsules, tags),
                            new FileRpc(capsules),
                            new FileBodies(capsules),
                            new ImageBodies(capsules),
                            new WatchRpc(capsules),
                            new PortProxy(
                                    capsules,
                                    mine.add(
                                            ProxyClient.start(
                                                    "guest-ports", DIAL, Optional.empty())),
                                    metrics));
            if (membership.isPresent()
                    && config.identity() instanceof AgentConfig.Identity.Fleet(var fleet))
                mine.add(
                        Heartbeats.start(
                                membership.get(), capsules, contact, fleet, stop::countDown));
            var accel = rooms.vmm().accel();
            LOG.atInfo()
                    .addKeyValue("port", server.port())
                    .addKeyValue("accel", accel.kind().word())
                    .addKeyValue("reason", accel.reason())
                    .addKeyValue("capsules", capsules.list().size())
                    .log("serving");
            return new Agent(
                    mine.keep(), server, rooms.vmm().name() + "/" + accel.kind().word(), stop);
        }
    }

    private static SslContextFactory.Server tls(
            AgentConfig config, Optional<Membership> membership) {
        return switch (config.identity()) {
            case AgentConfig.Identity.Given(var certificate, var key, var authority) ->
                    Tls.server(authority, certificate, key);
            case AgentConfig.Identity.Fleet _ -> membership.orElseThrow().tls();
        };
    }

    /// The port it serves on.
    public int port() {
        return server.port();
    }

    /// VMM and acceleration, such as `qemu/tcg`.
    public String summary() {
        return summary;
    }

    /// Waits until a caller asked the agent to end.
    public void awaitStop() throws InterruptedException {
        stopAsked.await();
    }

    /// Stops serving within some seconds and lets the VMs go on.
    @Override
    public void close() {
        try {
            server.close();
        } catch (RuntimeException e) {
            LOG.atWarn().setCause(e).log("calls were cut off");
        } finally {
            rooms.close();
        }
    }

    /// The caller gets its answer first: its thread ends when the answer is written.
    private static void stopAfterThisCall(CountDownLatch stop) {
        var call = Thread.currentThread();
        Thread.ofPlatform()
                .name("stop")
                .start(() -> {
                    try {
                        call.join(ANSWER_LIMIT);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    } finally {
                        stop.countDown();
                    }
                });
    }

    private static MemorySize hostMemory() {
        try {
            for (var line : Files.readAllLines(Path.of("/proc/meminfo")))
                if (line.startsWith("MemTotal:")) // in kB, proc_meminfo(5)
                return new MemorySize(Long.parseLong(line.split("\\s+")[1]) << 10);
        } catch (IOException e) {
            throw new AgentException("/proc/meminfo cannot be read", e);
        }
        throw new AgentException("/proc/meminfo has no MemTotal");
    }
}
