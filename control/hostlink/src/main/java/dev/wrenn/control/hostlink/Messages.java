package dev.wrenn.control.hostlink;

import com.google.protobuf.ByteString;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotResponse;
import dev.wrenn.contracts.hostagent.v1.ExecRequest;
import dev.wrenn.contracts.hostagent.v1.ExecStreamRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.NetworkPolicy;
import dev.wrenn.contracts.hostagent.v1.PtyAttachRequest;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SetNetworkRequest;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.Capacity;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostReport;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.hosts.TerminalStart;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Between protobuf messages and the types of the domain.
final class Messages {
    private static final Logger LOG = LoggerFactory.getLogger(Messages.class);
    private static final int SUM_BYTES = 32; // of SHA-256

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
                .setDefaultUser(order.defaults().user())
                .putAllDefaultEnv(order.defaults().env())
                .setDefaultDirectory(order.defaults().directory())
                .addAllEntrypoint(order.defaults().entrypoint())
                .setTeamNetwork(policy(order.egress().team()))
                .setNetwork(policy(order.egress().own()))
                .build();
    }

    static SetNetworkRequest network(CapsuleId id, Egress egress) {
        return SetNetworkRequest.newBuilder()
                .setSandboxId(id.toString())
                .setTeamNetwork(policy(egress.team()))
                .setNetwork(policy(egress.own()))
                .build();
    }

    private static NetworkPolicy policy(EgressPolicy policy) {
        return NetworkPolicy.newBuilder()
                .setDenyByDefault(!policy.allowByDefault())
                .addAllRules(policy.rules().stream().map(EgressRule::toString).toList())
                .setBandwidthMbit(policy.megabits())
                .setMaxConnections(policy.connections())
                .build();
    }

    static ResumeSandboxRequest resume(CapsuleId id, long incarnation, Duration idleTimeout) {
        return ResumeSandboxRequest.newBuilder()
                .setSandboxId(id.toString())
                .setIncarnation(incarnation)
                .setTimeoutSec((int) idleTimeout.toSeconds())
                .build();
    }

    static CreateSnapshotRequest snapshot(CapsuleId id, TeamId team, TemplateId template) {
        return CreateSnapshotRequest.newBuilder()
                .setSandboxId(id.toString())
                .setTeamId(team.value().toString())
                .setTemplateId(template.value().toString())
                .build();
    }

    static HostSnapshot snapshot(CreateSnapshotResponse said) {
        return new HostSnapshot(
                said.getSizeBytes(),
                said.getVcpus(),
                MemorySize.ofMib(said.getMemoryMb()),
                said.getMetadataMap());
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

    static PtyAttachRequest terminal(CapsuleId id, TerminalStart start) {
        var command = start.command();
        return PtyAttachRequest.newBuilder()
                .setSandboxId(id.toString())
                .setCmd(command.program())
                .addAllArgs(command.args())
                .putAllEnvs(command.envs())
                .setCwd(command.cwd())
                .setCols(start.cols())
                .setRows(start.rows())
                .setUser(start.user())
                .build();
    }

    static PtyAttachRequest terminal(CapsuleId id, String tag) {
        return PtyAttachRequest.newBuilder().setSandboxId(id.toString()).setTag(tag).build();
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
                said.getMetadataMap(),
                pauseReason(said));
    }

    static ListSandboxesRequest list(ListSum known) {
        return ListSandboxesRequest.newBuilder().setKnown(ByteString.fromHex(known.hex())).build();
    }

    /// @param known what was asked with
    static HostList list(ListSum known, ListSandboxesResponse said) {
        if (said.getUnchanged()) {
            if (known.equals(ListSum.NONE))
                throw new IllegalArgumentException("unchanged, but nothing was known");
            return new HostList.Unchanged();
        }
        return new HostList.All(capsules(said.getSandboxesList()), sum(said.getSum()));
    }

    /// It is kept as long as the host is there: nothing that is not a sum.
    private static ListSum sum(ByteString said) {
        return said.size() == SUM_BYTES
                ? new ListSum(HexFormat.of().formatHex(said.toByteArray()))
                : ListSum.NONE;
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
                said.getCapsules(),
                capacity(said),
                templates(said.getTemplateIdsList()));
    }

    /// An agent that does not say it promises what the machine has.
    private static Capacity capacity(GetHostResponse said) {
        long memory = said.getMemoryLimitMb() > 0 ? said.getMemoryLimitMb() : said.getMemoryMb();
        int vcpus = said.getVcpusLimit() > 0 ? said.getVcpusLimit() : said.getCpus();
        return new Capacity(MemorySize.ofMib(memory), vcpus);
    }

    private static HostCapsule.Status status(Sandbox said) {
        return switch (said.getStatus()) {
            case SANDBOX_STATUS_RUNNING -> HostCapsule.Status.RUNNING;
            case SANDBOX_STATUS_STOPPED -> HostCapsule.Status.STOPPED;
            case SANDBOX_STATUS_PAUSING -> HostCapsule.Status.PAUSING;
            case SANDBOX_STATUS_PAUSED -> HostCapsule.Status.PAUSED;
            case SANDBOX_STATUS_RESUMING -> HostCapsule.Status.RESUMING;
            case SANDBOX_STATUS_BOOTING, SANDBOX_STATUS_UNSPECIFIED, UNRECOGNIZED ->
                    HostCapsule.Status.BOOTING; // no evidence of anything else
        };
    }

    private static Optional<HostCapsule.PauseReason> pauseReason(Sandbox said) {
        return switch (said.getPauseReason()) {
            case PAUSE_REASON_ASKED -> Optional.of(HostCapsule.PauseReason.ASKED);
            case PAUSE_REASON_IDLE -> Optional.of(HostCapsule.PauseReason.IDLE);
            case PAUSE_REASON_ISOLATED -> Optional.of(HostCapsule.PauseReason.ISOLATED);
            case PAUSE_REASON_UNSPECIFIED, UNRECOGNIZED -> Optional.empty();
        };
    }

    /// Ids that are not hyphenated UUIDs name nothing that the control plane ordered.
    private static Set<TemplateId> templates(List<String> said) {
        var all = new HashSet<TemplateId>();
        for (var id : said) {
            try {
                all.add(TemplateId.parse(id));
            } catch (InvalidIdException e) {
                LOG.atDebug().log("host names a template that is none: {}", e.getMessage());
            }
        }
        return all;
    }

    private static Optional<String> text(String value) {
        return value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    private static Optional<Instant> time(long unixMs) {
        return unixMs == 0 ? Optional.empty() : Optional.of(Instant.ofEpochMilli(unixMs));
    }
}
