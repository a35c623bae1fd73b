package dev.wrenn.control.hostlink;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ExecRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostReport;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Between protobuf messages and the types of the domain.
final class Messages {
    private Messages() {}

    static CreateSandboxRequest create(BootOrder order) {
        var spec = order.spec();
        return CreateSandboxRequest.newBuilder()
                .setSandboxId(order.id().toString())
                .setIncarnation(order.incarnation())
                .setTeamId(order.templateTeam().value().toString())
                .setTemplateId(order.template().value().toString())
                .setVcpus(spec.vcpus())
                .setMemoryMb((int) spec.memory().mib())
                .setTimeoutSec((int) spec.idleTimeout().toSeconds())
                .setDiskSizeMb((int) spec.disk().mib())
                .build();
    }

    static ExecRequest exec(CapsuleId id, Command command) {
        return ExecRequest.newBuilder()
                .setSandboxId(id.toString())
                .setCmd(command.program())
                .addAllArgs(command.args())
                .putAllEnvs(command.envs())
                .setCwd(command.cwd())
                .setTimeoutMs(command.limit().toMillis())
                .build();
    }

    static ExecStreamRequest stream(CapsuleId id, Command command) {
        return ExecStreamRequest.newBuilder()
                .setSandboxId(id.toString())
                .setCmd(command.program())
                .addAllArgs(command.args())
                .putAllEnvs(command.envs())
                .setCwd(command.cwd())
                .setTimeoutMs(command.limit().toMillis())
                .setStdin(command.stdin())
                .build();
    }

    /// @throws dev.wrenn.common.model.InvalidIdException when the host names it wrongly
    static HostCapsule capsule(Sandbox said) {
        return new HostCapsule(
                CapsuleId.parse(said.getSandboxId()),
                said.getIncarnation(),
                status(said),
                said.getCause(),
                text(said.getHostIp()),
                text(said.getGuestIp()),
                time(said.getStartedAtUnixMs()),
                time(said.getLastActiveAtUnixMs()),
                said.getMetadataMap());
    }

    static List<HostCapsule> capsules(List<Sandbox> said) {
        var all = new ArrayList<HostCapsule>(said.size());
        for (var sandbox : said) all.add(capsule(sandbox));
        return all;
    }

    static HostReport report(GetHostResponse said) {
        return new HostReport(
                said.getReady(),
                said.getNotReadyReason(),
                said.getCpus(),
                MemorySize.ofMib(said.getMemoryMb()),
                MemorySize.ofMib(said.getMemoryReservedMb()),
                MemorySize.ofMib(said.getDiskFreeMb()),
                said.getCapsules());
    }

    private static HostCapsule.Status status(Sandbox said) {
        return switch (said.getStatus()) {
            case SANDBOX_STATUS_RUNNING -> HostCapsule.Status.RUNNING;
            case SANDBOX_STATUS_STOPPED -> HostCapsule.Status.STOPPED;
            case SANDBOX_STATUS_BOOTING,
                    SANDBOX_STATUS_PAUSING,
                    SANDBOX_STATUS_PAUSED,
                    SANDBOX_STATUS_RESUMING,
                    SANDBOX_STATUS_UNSPECIFIED,
                    UNRECOGNIZED ->
                    HostCapsule.Status.BOOTING; // no evidence of anything else
        };
    }

    private static Optional<String> text(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private static Optional<Instant> time(long unixMs) {
        return unixMs == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(unixMs));
    }
}
