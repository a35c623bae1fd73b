package dev.wrenn.bench;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.common.connect.SandboxLists;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxRequest;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxResponse;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.PingSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PingSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SandboxStatus;
import dev.wrenn.contracts.hostagent.v1.SetNetworkRequest;
import dev.wrenn.contracts.hostagent.v1.SetNetworkResponse;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/// A host without VMs: it answers as a host agent does, with the capsules that it was told of. What
/// it boots is running a few milliseconds later. Thread-safe.
final class SimulatedHost {
    private static final Duration BOOT = Duration.ofMillis(20);
    private static final Duration HEARTBEAT = Duration.ofSeconds(4); // as the agent's
    private static final int VCPUS = 4096;
    private static final int MEMORY_MB = 4 << 20;
    private static final int DISK_MB = 1 << 30;
    private static final String MINIMAL = "00000000-0000-0000-0000-000000000000";
    private static final WatchSandboxesResponse BEAT =
            WatchSandboxesResponse.newBuilder()
                    .setHeartbeat(WatchSandboxesResponse.Heartbeat.getDefaultInstance())
                    .build();

    private final Map<String, Sandbox> capsules = new LinkedHashMap<>(); // guarded by this
    private final Set<LinkedBlockingQueue<WatchSandboxesResponse>> watchers =
            ConcurrentHashMap.newKeySet();
    private int memoryMb; // guarded by this, as vcpus
    private int vcpus;

    /// It has this capsule, which runs, from the beginning.
    synchronized void has(String id) {
        var order = CreateSandboxRequest.newBuilder().setSandboxId(id).setIncarnation(1);
        var size = order.setTemplateId(MINIMAL).setVcpus(1).setMemoryMb(512).setDiskSizeMb(5120);
        keep(running(booting(size.build())));
    }

    /// How many capsules it has.
    synchronized int count() {
        return capsules.size();
    }

    CreateSandboxResponse create(CreateSandboxRequest q) throws InterruptedException {
        synchronized (this) {
            var known = capsules.get(q.getSandboxId());
            if (known != null && known.getIncarnation() != q.getIncarnation())
                throw new ConnectException(Code.ALREADY_EXISTS, "another incarnation lives");
            if (known == null) {
                if (memoryMb + q.getMemoryMb() > MEMORY_MB || vcpus + q.getVcpus() > VCPUS)
                    throw new ConnectException(Code.UNAVAILABLE, "no room");
                change(booting(q));
            }
        }
        Thread.sleep(BOOT); // the work of a boot
        synchronized (this) {
            var known = known(q.getSandboxId());
            if (known.getStatus() == SandboxStatus.SANDBOX_STATUS_BOOTING) change(running(known));
            return CreateSandboxResponse.newBuilder().setSandbox(known(q.getSandboxId())).build();
        }
    }

    private static Sandbox booting(CreateSandboxRequest q) {
        return Sandbox.newBuilder()
                .setSandboxId(q.getSandboxId())
                .setIncarnation(q.getIncarnation())
                .setStatus(SandboxStatus.SANDBOX_STATUS_BOOTING)
                .setTeamId(q.getTeamId())
                .setTemplateId(q.getTemplateId())
                .setVcpus(q.getVcpus())
                .setMemoryMb(q.getMemoryMb())
                .setTimeoutSec(q.getTimeoutSec())
                .setDiskSizeMb(q.getDiskSizeMb())
                .setHostIp("10.11.0.2")
                .setGuestIp("169.254.0.21")
                .setCreatedAtUnixMs(System.currentTimeMillis())
                .build();
    }

    private static Sandbox running(Sandbox booting) {
        long now = System.currentTimeMillis();
        return booting.toBuilder()
                .setStatus(SandboxStatus.SANDBOX_STATUS_RUNNING)
                .setStartedAtUnixMs(now)
                .setLastActiveAtUnixMs(now)
                .putMetadata("kernel_version", "6.1.0")
                .putMetadata("agent_version", "simulated")
                .build();
    }

    private void keep(Sandbox sandbox) {
        var before = capsules.put(sandbox.getSandboxId(), sandbox);
        if (before != null) return;
        memoryMb += sandbox.getMemoryMb();
        vcpus += sandbox.getVcpus();
    }

    private void change(Sandbox sandbox) {
        keep(sandbox);
        tell(WatchSandboxesResponse.newBuilder().setChanged(sandbox).build());
    }

    private void tell(WatchSandboxesResponse event) {
        for (var queue : watchers) queue.add(event);
    }

    synchronized DestroySandboxResponse destroy(DestroySandboxRequest q) {
        var known = known(q.getSandboxId());
        if (q.getIncarnation() != 0 && known.getIncarnation() > q.getIncarnation())
            throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
        capsules.remove(q.getSandboxId());
        memoryMb -= known.getMemoryMb();
        vcpus -= known.getVcpus();
        var removed =
                WatchSandboxesResponse.Removed.newBuilder()
                        .setSandboxId(known.getSandboxId())
                        .setIncarnation(known.getIncarnation());
        tell(WatchSandboxesResponse.newBuilder().setRemoved(removed).build());
        return DestroySandboxResponse.getDefaultInstance();
    }

    synchronized GetSandboxResponse find(GetSandboxRequest q) {
        return GetSandboxResponse.newBuilder().setSandbox(known(q.getSandboxId())).build();
    }

    synchronized ListSandboxesResponse list(ListSandboxesRequest q) {
        return SandboxLists.answer(q, capsules.values());
    }

    synchronized PingSandboxResponse ping(PingSandboxRequest q) {
        known(q.getSandboxId());
        return PingSandboxResponse.getDefaultInstance();
    }

    synchronized SetNetworkResponse network(SetNetworkRequest q) {
        known(q.getSandboxId());
        return SetNetworkResponse.getDefaultInstance();
    }

    private Sandbox known(String id) {
        var known = capsules.get(id);
        if (known == null) throw new ConnectException(Code.NOT_FOUND, "no such sandbox");
        return known;
    }

    synchronized GetHostResponse describe() {
        return GetHostResponse.newBuilder()
                .setAgentVersion("simulated")
                .setVmm("none")
                .setCpus(64)
                .setMemoryMb(MEMORY_MB)
                .setMemoryReservedMb(memoryMb)
                .setVcpusReserved(vcpus)
                .setMemoryLimitMb(MEMORY_MB)
                .setVcpusLimit(VCPUS)
                .setDiskFreeMb(DISK_MB)
                .setCapsules(capsules.size())
                .addTemplateIds(MINIMAL)
                .setReady(true)
                .build();
    }

    void watch(CallContext call, ResponseStream<WatchSandboxesResponse> out)
            throws InterruptedException {
        var queue = new LinkedBlockingQueue<WatchSandboxesResponse>();
        WatchSandboxesResponse.Snapshot.Builder snapshot;
        synchronized (this) {
            watchers.add(queue);
            snapshot = WatchSandboxesResponse.Snapshot.newBuilder();
            snapshot.addAllSandboxes(capsules.values());
        }
        try {
            out.send(WatchSandboxesResponse.newBuilder().setSnapshot(snapshot).build());
            while (!call.canceled()) {
                var event = queue.poll(HEARTBEAT.toMillis(), TimeUnit.MILLISECONDS);
                out.send(event == null ? BEAT : event);
            }
        } finally {
            watchers.remove(queue);
        }
    }
}
