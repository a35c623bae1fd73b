package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.CreateSnapshotResponse;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotRequest;
import dev.wrenn.contracts.hostagent.v1.DeleteSnapshotResponse;
import dev.wrenn.contracts.hostagent.v1.FetchTemplateRequest;
import dev.wrenn.contracts.hostagent.v1.FetchTemplateResponse;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsRequest;
import dev.wrenn.contracts.hostagent.v1.FlattenRootfsResponse;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.PauseSandboxResponse;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxRequest;
import dev.wrenn.contracts.hostagent.v1.ResumeSandboxResponse;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.ResumeOutcome;
import dev.wrenn.host.capsule.SaveOutcome;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The calls about saved capsules. Each belongs to the host: a caller that hangs up only stops
/// waiting.
final class ImageRpc {
    private static final Logger LOG = LoggerFactory.getLogger(ImageRpc.class);

    private final Capsules capsules;

    ImageRpc(Capsules capsules) {
        this.capsules = capsules;
    }

    PauseSandboxResponse pause(CallContext call, PauseSandboxRequest q)
            throws InterruptedException {
        return switch (capsules.pause(Wire.id(q.getSandboxId()), q.getIncarnation())) {
            case SaveOutcome.Done<dev.wrenn.host.capsule.CapsuleView>(var view) ->
                    PauseSandboxResponse.newBuilder().setSandbox(Wire.sandbox(view)).build();
            case SaveOutcome<?> failure -> throw Faults.save(failure);
        };
    }

    ResumeSandboxResponse resume(CallContext call, ResumeSandboxRequest q)
            throws InterruptedException {
        var timeout = Duration.ofSeconds(Integer.toUnsignedLong(q.getTimeoutSec()));
        var id = Wire.id(q.getSandboxId());
        return switch (capsules.resume(id, q.getIncarnation(), timeout)) {
            case ResumeOutcome.Running(var view) ->
                    ResumeSandboxResponse.newBuilder().setSandbox(Wire.sandbox(view)).build();
            case ResumeOutcome failure -> throw Faults.resume(failure);
        };
    }

    CreateSnapshotResponse create(CallContext call, CreateSnapshotRequest q)
            throws InterruptedException {
        var id = Wire.id(q.getSandboxId());
        var team = Wire.team(q.getTeamId());
        var template = Wire.template(q.getTemplateId());
        try {
            return switch (capsules.snapshot(id, team, template)) {
                case SaveOutcome.Done<dev.wrenn.host.capsule.SnapshotView>(var made) ->
                        CreateSnapshotResponse.newBuilder()
                                .setSizeBytes(made.bytes())
                                .setVcpus(made.spec().vcpus())
                                .setMemoryMb((int) made.spec().memory().mib())
                                .putAllMetadata(made.metadata())
                                .build();
                case SaveOutcome<?> failure -> throw Faults.save(failure);
            };
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    FlattenRootfsResponse flatten(CallContext call, FlattenRootfsRequest q)
            throws InterruptedException {
        try {
            var id = Wire.id(q.getSandboxId());
            long start = System.nanoTime();
            return switch (capsules.flatten(
                    id, Wire.team(q.getTeamId()), Wire.template(q.getTemplateId()))) {
                case SaveOutcome.Done<Long>(var bytes) -> {
                    LOG.atInfo()
                            .addKeyValue("capsule", id)
                            .addKeyValue("bytes", bytes)
                            .addKeyValue("took_us", (System.nanoTime() - start) / 1000)
                            .log("disk flattened");
                    yield FlattenRootfsResponse.newBuilder().setSizeBytes(bytes).build();
                }
                case SaveOutcome<?> failure -> throw Faults.save(failure);
            };
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    FetchTemplateResponse fetch(CallContext call, FetchTemplateRequest q)
            throws InterruptedException {
        try {
            var team = Wire.team(q.getTeamId());
            var template = Wire.template(q.getTemplateId());
            return switch (capsules.fetch(team, template, q.getOutlineSha256())) {
                case SaveOutcome.Done<Long>(var bytes) ->
                        FetchTemplateResponse.newBuilder().setSizeBytes(bytes).build();
                case SaveOutcome.Failed<Long>(var why) ->
                        throw new ConnectException(Code.FAILED_PRECONDITION, Words.clean(why));
                case SaveOutcome<?> failure -> throw Faults.save(failure);
            };
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    DeleteSnapshotResponse delete(CallContext call, DeleteSnapshotRequest q)
            throws InterruptedException {
        try {
            capsules.deleteSnapshot(Wire.team(q.getTeamId()), Wire.template(q.getTemplateId()));
            return DeleteSnapshotResponse.getDefaultInstance();
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }
}
