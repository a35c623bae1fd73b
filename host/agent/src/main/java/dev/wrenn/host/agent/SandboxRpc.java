package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.SandboxLists;
import dev.wrenn.common.runtime.Build;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxRequest;
import dev.wrenn.contracts.hostagent.v1.DestroySandboxResponse;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.GetSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.GetSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.PingSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PingSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.SetNetworkRequest;
import dev.wrenn.contracts.hostagent.v1.SetNetworkResponse;
import dev.wrenn.contracts.hostagent.v1.TerminateRequest;
import dev.wrenn.contracts.hostagent.v1.TerminateResponse;
import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.CreateOutcome;
import dev.wrenn.host.capsule.DestroyOutcome;
import dev.wrenn.host.capsule.Rooms;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The calls about capsules as wholes, and about the host.
final class SandboxRpc {
    private static final Logger LOG = LoggerFactory.getLogger(SandboxRpc.class);

    private final Capsules capsules;
    private final Rooms rooms;
    private final Contact contact;
    private final Runnable stopAgent;

    /// @param contact notes that control planes call
    /// @param stopAgent asks for the end of this process, after the call in progress
    SandboxRpc(Capsules capsules, Rooms rooms, Contact contact, Runnable stopAgent) {
        this.capsules = capsules;
        this.rooms = rooms;
        this.contact = contact;
        this.stopAgent = stopAgent;
    }

    CreateSandboxResponse create(CallContext call, CreateSandboxRequest q)
            throws InterruptedException {
        return switch (capsules.create(Wire.request(q))) {
            case CreateOutcome.Created(var capsule) ->
                    CreateSandboxResponse.newBuilder().setSandbox(Wire.sandbox(capsule)).build();
            case CreateOutcome failure -> throw Faults.create(failure);
        };
    }

    DestroySandboxResponse destroy(CallContext call, DestroySandboxRequest q)
            throws InterruptedException {
        var id = Wire.id(q.getSandboxId());
        long upTo = q.getIncarnation();
        return switch (upTo == 0 ? capsules.destroy(id) : capsules.destroy(id, upTo)) {
            case DestroyOutcome.Destroyed _ -> DestroySandboxResponse.getDefaultInstance();
            case DestroyOutcome.Unknown _ -> throw Faults.unknown();
            case DestroyOutcome.Failed(var cause) -> throw Faults.internal(cause);
        };
    }

    GetSandboxResponse find(CallContext call, GetSandboxRequest q) {
        var view = capsules.find(Wire.id(q.getSandboxId())).orElseThrow(Faults::unknown);
        return GetSandboxResponse.newBuilder().setSandbox(Wire.sandbox(view)).build();
    }

    ListSandboxesResponse list(CallContext call, ListSandboxesRequest q) {
        return SandboxLists.answer(q, Wire.sandboxes(capsules.list()));
    }

    SetNetworkResponse network(CallContext call, SetNetworkRequest q) throws InterruptedException {
        var policies = Wire.egress(q.getTeamNetwork(), q.getNetwork());
        if (capsules.network(Wire.id(q.getSandboxId()), policies).isEmpty()) throw Faults.unknown();
        return SetNetworkResponse.getDefaultInstance();
    }

    PingSandboxResponse ping(CallContext call, PingSandboxRequest q) {
        switch (capsules.access(Wire.id(q.getSandboxId()))) {
            case Access.Granted granted -> granted.close(); // opening and closing is activity
            case Access.NotRunning(var phase) -> throw Faults.notRunning(phase);
            case Access.Unknown _ -> throw Faults.unknown();
        }
        return PingSandboxResponse.getDefaultInstance();
    }

    /// Each control plane asks every few seconds.
    GetHostResponse host(CallContext call, GetHostRequest q) {
        contact.heard();
        var usage = capsules.usage();
        var vmm = rooms.vmm();
        var templates = rooms.storage().templates();
        var answer =
                GetHostResponse.newBuilder()
                        .setAgentVersion(Build.VERSION)
                        .setVmm(vmm.name())
                        .setVmmVersion(vmm.version())
                        .setAccel(vmm.accel().kind().word())
                        .setAccelReason(vmm.accel().reason())
                        .setCpus(usage.cpus())
                        .setMemoryMb(usage.memory().mib())
                        .setMemoryReservedMb(usage.memoryReserved().mib())
                        .setVcpusReserved(usage.vcpusReserved())
                        .setMemoryLimitMb(usage.memoryLimit().mib())
                        .setVcpusLimit(usage.vcpuLimit())
                        .setDiskFreeMb(usage.diskFree().mib())
                        .setCapsules(usage.capsules());
        for (var image : templates) answer.addTemplateIds(image.template().toString());
        var problem = problem(templates.isEmpty());
        return answer.setReady(problem.isEmpty()).setNotReadyReason(problem.orElse("")).build();
    }

    TerminateResponse terminate(CallContext call, TerminateRequest q) throws InterruptedException {
        LOG.atInfo().log("asked to end every capsule and the agent");
        capsules.terminate();
        stopAgent.run();
        return TerminateResponse.getDefaultInstance();
    }

    private Optional<String> problem(boolean noTemplates) {
        if (noTemplates) return Optional.of("no template image on this host yet");
        try {
            rooms.storage().requireReserve();
            rooms.storage().kernel();
            return Optional.empty();
        } catch (RuntimeException e) {
            return Optional.of(Words.clean(String.valueOf(e.getMessage())));
        }
    }
}
