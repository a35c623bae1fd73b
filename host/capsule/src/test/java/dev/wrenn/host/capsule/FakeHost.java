package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.guest.FakeEnvd;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.GuestHttp;
import dev.wrenn.host.memory.MemorySaver.Tracking;
import dev.wrenn.host.network.Denials;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.FakeVmm;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// A machine without VMs, for tests: what survives an agent (VMs, slots, files), and agents that
/// come and go. Each slot has a fake guest. Thread-safe.
public final class FakeHost implements AutoCloseable {
    final Path dataDir;
    final FakeVmm vmm = new FakeVmm();
    final Set<Integer> slots = new ConcurrentSkipListSet<>();
    final Map<Integer, FakeEnvd> guests = new ConcurrentHashMap<>();
    private final GuestHttp http = new GuestHttp();
    private final List<CrashPoints> lives = new CopyOnWriteArrayList<>();
    private volatile Consumer<FakeEnvd> newGuest = _ -> {};
    final List<Tracking> trackings = new CopyOnWriteArrayList<>();
    final Map<Integer, Egress> policies = new ConcurrentHashMap<>(); // as applied, by slot
    final Map<Integer, Egress> restored = new ConcurrentHashMap<>(); // as found again, by slot
    volatile Denials denials = new Denials(0, 0, 0, List.of());
    volatile ChunkSource source = ChunkSource.NONE;
    volatile boolean diskFull;
    volatile boolean memoryFull;
    volatile boolean noPager;
    volatile int warmImages;
    volatile int waitingVms;
    volatile MemorySize memory = MemorySize.ofMib(64L << 10);
    volatile Duration bootLimit = Duration.ofSeconds(20);

    public FakeHost(Path dataDir) throws IOException {
        this.dataDir = dataDir;
        Files.writeString(dataDir.resolve("template"), "root file system");
    }

    /// Prepares guests that boot from now on.
    public FakeHost guestsAre(Consumer<FakeEnvd> how) {
        newGuest = how;
        return this;
    }

    /// The agent's rooms on this machine, for one life of it.
    public Rooms rooms(CrashPoints points) {
        lives.add(points);
        return new Rooms(
                new FakeNetwork(this, points),
                new FakeStorage(this, points),
                new CrashingVmm(vmm.restarted(), points),
                new FakeMemory(this, points),
                new FakePager(this, points),
                (slot, token) -> {
                    points.pass("guest");
                    return new GuestClient(http, guest(slot).address(), token, Clock.systemUTC());
                },
                uids -> {
                    points.pass("strays");
                    for (var vm : vmm.running()) if (uids.contains(vm.record().uid())) vm.kill();
                });
    }

    /// An agent that starts (again) on this machine; the one before it is dead.
    Capsules agent(CrashPoints points) {
        for (var life : lives) life.kill();
        var records = new CrashingRecords(new FileRecords(dataDir, Clock.systemUTC()), points);
        return Capsules.open(
                config(), rooms(points), records, source, new Metrics(), Clock.systemUTC());
    }

    Capsules agent() {
        return agent(new CrashPoints());
    }

    CapsuleConfig config() {
        return new CapsuleConfig(
                dataDir,
                2,
                memory,
                1,
                32,
                bootLimit,
                List.of(InetAddress.ofLiteral("8.8.8.8")),
                CapsuleConfig.Restore.AUTO,
                warmImages,
                waitingVms);
    }

    /// Ends every VM as if from outside.
    public void killVms(String cause) {
        for (var vm : vmm.running()) vmm.die(vm.record().pid(), cause);
    }

    /// VMs that run now.
    public int running() {
        return vmm.running().size();
    }

    /// Signals that guests got.
    public List<String> signals() {
        return guests.values().stream().flatMap(g -> g.signals().stream()).toList();
    }

    FakeEnvd guest(Slot slot) {
        return guests.computeIfAbsent(
                slot.index(),
                _ -> {
                    var envd = new FakeEnvd();
                    newGuest.accept(envd);
                    return envd;
                });
    }

    /// Directories of capsules on disk.
    List<String> directories() throws IOException {
        try (var all = Files.list(dataDir.resolve("sandboxes"))) {
            return all.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    /// A request for the minimal template, 512 MiB.
    public static CapsuleRequest request(CapsuleId id, long incarnation) {
        return new CapsuleRequest(
                id,
                incarnation,
                TeamId.PLATFORM,
                TemplateId.MINIMAL,
                new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO),
                "root",
                Map.of("A", "b"));
    }

    @Override
    public void close() {
        for (var life : lives) life.kill();
        for (var envd : guests.values()) envd.close();
        http.close();
    }
}
