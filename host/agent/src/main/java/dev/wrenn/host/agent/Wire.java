package dev.wrenn.host.agent;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.NetworkPolicy;
import dev.wrenn.contracts.hostagent.v1.PauseReason;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.SandboxStatus;
import dev.wrenn.host.capsule.CapsuleRequest;
import dev.wrenn.host.capsule.CapsuleView;
import dev.wrenn.host.capsule.Phase;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/// Between the messages of the contract and the types of the rooms.
final class Wire {
    private static final String GUEST_IP = "169.254.0.21"; // the same in every slot
    private static final String DEFAULT_USER = "root";

    private Wire() {}

    static CapsuleId id(String text) {
        try {
            return CapsuleId.parse(text);
        } catch (InvalidIdException e) {
            throw Faults.invalid("invalid sandbox ID");
        }
    }

    /// Absent values become the defaults of the product.
    static CapsuleRequest request(CreateSandboxRequest q) {
        try {
            var disk =
                    q.getDiskSizeMb() == 0
                            ? CapsuleSpec.DEFAULT_DISK
                            : MemorySize.ofMib(Integer.toUnsignedLong(q.getDiskSizeMb()));
            return new CapsuleRequest(
                    id(q.getSandboxId()),
                    q.getIncarnation(),
                    new TeamId(TemplateId.parse(q.getTeamId()).value()), // the same hyphenated form
                    TemplateId.parse(q.getTemplateId()),
                    new CapsuleSpec(
                            q.getVcpus(),
                            MemorySize.ofMib(Integer.toUnsignedLong(q.getMemoryMb())),
                            disk,
                            Duration.ofSeconds(Integer.toUnsignedLong(q.getTimeoutSec()))),
                    q.getDefaultUser().isEmpty() ? DEFAULT_USER : q.getDefaultUser(),
                    q.getDefaultEnvMap(),
                    q.getDefaultDirectory(),
                    q.getEntrypointList(),
                    egress(q.getTeamNetwork(), q.getNetwork()));
        } catch (InvalidIdException e) {
            throw Faults.invalid("invalid team or template ID");
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    /// Policies that are not there take nothing away.
    ///
    /// @throws ConnectException for one that is none
    static Egress egress(NetworkPolicy team, NetworkPolicy own) {
        try {
            return new Egress(policy(team), policy(own));
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static EgressPolicy policy(NetworkPolicy policy) {
        return new EgressPolicy(
                !policy.getDenyByDefault(),
                policy.getRulesList().stream().map(EgressRule::parse).toList(),
                policy.getBandwidthMbit(),
                policy.getMaxConnections());
    }

    static List<Sandbox> sandboxes(Collection<CapsuleView> views) {
        return views.stream()
                .filter(v -> v.phase() != Phase.DESTROYING)
                .map(Wire::sandbox)
                .toList();
    }

    static Sandbox sandbox(CapsuleView view) {
        var spec = view.request().spec();
        return Sandbox.newBuilder()
                .setSandboxId(view.id().toString())
                .setIncarnation(view.request().incarnation())
                .setStatus(status(view.phase()))
                .setCause(Words.clean(view.cause()))
                .setTeamId(hyphenated(view.request().team().value()))
                .setTemplateId(view.request().template().toString())
                .setVcpus(spec.vcpus())
                .setMemoryMb((int) spec.memory().mib())
                .setTimeoutSec((int) spec.idleTimeout().toSeconds())
                .setDiskSizeMb((int) spec.disk().mib())
                .setHostIp(view.hostIp().map(InetAddress::getHostAddress).orElse(""))
                .setGuestIp(GUEST_IP)
                .setCreatedAtUnixMs(view.createdAt().toEpochMilli())
                .setStartedAtUnixMs(view.startedAt().map(Instant::toEpochMilli).orElse(0L))
                .setLastActiveAtUnixMs(view.lastActiveAt().toEpochMilli())
                .putAllMetadata(view.metadata())
                .setPauseReason(reason(view))
                .setImageBytes(view.imageBytes())
                .build();
    }

    private static SandboxStatus status(Phase phase) {
        return switch (phase) {
            case BOOTING -> SandboxStatus.SANDBOX_STATUS_BOOTING;
            case RUNNING -> SandboxStatus.SANDBOX_STATUS_RUNNING;
            case PAUSING -> SandboxStatus.SANDBOX_STATUS_PAUSING;
            case PAUSED -> SandboxStatus.SANDBOX_STATUS_PAUSED;
            case RESUMING -> SandboxStatus.SANDBOX_STATUS_RESUMING;
            case STOPPED, DESTROYING -> SandboxStatus.SANDBOX_STATUS_STOPPED;
        };
    }

    private static PauseReason reason(CapsuleView view) {
        if (view.phase() != Phase.PAUSED) return PauseReason.PAUSE_REASON_UNSPECIFIED;
        return view.pauseReason()
                .map(reason ->
                        switch (reason) {
                            case ASKED -> PauseReason.PAUSE_REASON_ASKED;
                            case IDLE -> PauseReason.PAUSE_REASON_IDLE;
                            case ISOLATED -> PauseReason.PAUSE_REASON_ISOLATED;
                        })
                .orElse(PauseReason.PAUSE_REASON_UNSPECIFIED);
    }

    static TeamId team(String text) {
        try {
            return new TeamId(TemplateId.parse(text).value()); // the same hyphenated form
        } catch (InvalidIdException e) {
            throw Faults.invalid("invalid team ID");
        }
    }

    static TemplateId template(String text) {
        try {
            return TemplateId.parse(text);
        } catch (InvalidIdException e) {
            throw Faults.invalid("invalid template ID");
        }
    }

    private static String hyphenated(UUID id) {
        return id.toString();
    }
}
