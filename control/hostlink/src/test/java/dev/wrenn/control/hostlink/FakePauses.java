package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.contracts.hostagent.v1.*;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/// What a fake agent saves: pauses, resumes and snapshot templates, as the contract has them. Each
/// can be held half-way and made to fail. Thread-safe.
public final class FakePauses {
    private static final long SNAPSHOT_BYTES = 123_456;

    /// What was measured of its capsules.
    public final FakeMetrics metrics;

    private final FakeHostAgent agent;
    private final Set<String> templates = ConcurrentHashMap.newKeySet();
    private final CopyOnWriteArrayList<String> asked = new CopyOnWriteArrayList<>();
    private final Map<String, ConnectException> failures = new ConcurrentHashMap<>();
    private volatile CountDownLatch gate = new CountDownLatch(0);

    FakePauses(FakeHostAgent agent) {
        this.agent = agent;
        this.metrics = new FakeMetrics(agent);
    }

    /// Calls wait half-way until [#release()]: the host is at it, nothing is decided.
    public void hold() {
        gate = new CountDownLatch(1);
    }

    public void release() {
        gate.countDown();
    }

    /// Fails the calls of this kind (`pause`, `resume`, `snapshot`, `delete`) from now on.
    public void fail(String kind, Code code, String message) {
        failures.put(kind, new ConnectException(code, message));
    }

    /// Every call succeeds again and none waits.
    public void heal() {
        failures.clear();
        release();
    }

    /// Each call that arrived, such as `resume 2`.
    public CopyOnWriteArrayList<String> asked() {
        return asked;
    }

    /// `team/template` of each snapshot template.
    public Set<String> templates() {
        return templates;
    }

    /// The capsule was idle for too long.
    public void idle(String id) {
        agent.change(id, s -> paused(s, PauseReason.PAUSE_REASON_IDLE));
    }

    PauseSandboxResponse pause(PauseSandboxRequest q) throws InterruptedException {
        asked.add("pause " + q.getIncarnation());
        var id = q.getSandboxId();
        var now = agent.known(id);
        if (now.getStatus() == SandboxStatus.SANDBOX_STATUS_RUNNING
                && now.getIncarnation() == q.getIncarnation())
            agent.change(id, s -> status(s, SandboxStatus.SANDBOX_STATUS_PAUSING));
        gate.await();
        var failure = failure("pause");
        if (failure.isPresent()) {
            agent.change(id, s -> status(s, SandboxStatus.SANDBOX_STATUS_RUNNING));
            throw failure.get();
        }
        now = agent.known(id);
        if (now.getIncarnation() != q.getIncarnation())
            throw new ConnectException(Code.FAILED_PRECONDITION, "another incarnation");
        switch (now.getStatus()) {
            case SANDBOX_STATUS_PAUSING ->
                    agent.change(id, s -> paused(s, PauseReason.PAUSE_REASON_ASKED));
            case SANDBOX_STATUS_PAUSED -> {}
            default -> throw new ConnectException(Code.FAILED_PRECONDITION, "neither");
        }
        return PauseSandboxResponse.newBuilder().setSandbox(agent.known(id)).build();
    }

    ResumeSandboxResponse resume(ResumeSandboxRequest q) throws InterruptedException {
        asked.add("resume " + q.getIncarnation());
        var id = q.getSandboxId();
        var failure = failure("resume");
        if (failure.isPresent()) {
            if (failure.get().code() == Code.DATA_LOSS)
                agent.change(
                        id,
                        s ->
                                status(s, SandboxStatus.SANDBOX_STATUS_STOPPED).toBuilder()
                                        .setCause("the image is damaged")
                                        .build());
            throw failure.get();
        }
        var now = agent.known(id);
        if (now.getIncarnation() > q.getIncarnation())
            throw new ConnectException(Code.ALREADY_EXISTS, "a later incarnation lives");
        if (now.getIncarnation() < q.getIncarnation()) {
            if (now.getStatus() != SandboxStatus.SANDBOX_STATUS_PAUSED)
                throw new ConnectException(Code.FAILED_PRECONDITION, "not paused");
            agent.change(
                    id,
                    s ->
                            status(s, SandboxStatus.SANDBOX_STATUS_RESUMING).toBuilder()
                                    .setIncarnation(q.getIncarnation())
                                    .setTimeoutSec(q.getTimeoutSec())
                                    .clearPauseReason()
                                    .build());
        }
        gate.await();
        agent.change(
                id,
                s ->
                        s.getStatus() == SandboxStatus.SANDBOX_STATUS_RESUMING
                                ? status(s, SandboxStatus.SANDBOX_STATUS_RUNNING).toBuilder()
                                        .setHostIp("10.11.9.9")
                                        .build()
                                : s);
        return ResumeSandboxResponse.newBuilder().setSandbox(agent.known(id)).build();
    }

    CreateSnapshotResponse snapshot(CreateSnapshotRequest q) throws InterruptedException {
        asked.add("snapshot");
        var now = agent.known(q.getSandboxId());
        gate.await();
        var failure = failure("snapshot");
        if (failure.isPresent()) throw failure.get();
        switch (now.getStatus()) {
            case SANDBOX_STATUS_RUNNING, SANDBOX_STATUS_PAUSED -> {}
            default -> throw new ConnectException(Code.FAILED_PRECONDITION, "neither");
        }
        templates.add(q.getTeamId() + "/" + q.getTemplateId());
        return CreateSnapshotResponse.newBuilder()
                .setSizeBytes(SNAPSHOT_BYTES)
                .setVcpus(now.getVcpus())
                .setMemoryMb(now.getMemoryMb())
                .putAllMetadata(new TreeMap<>(now.getMetadataMap()))
                .build();
    }

    DeleteSnapshotResponse delete(DeleteSnapshotRequest q) {
        asked.add("delete");
        var failure = failure("delete");
        if (failure.isPresent()) throw failure.get();
        templates.remove(q.getTeamId() + "/" + q.getTemplateId());
        return DeleteSnapshotResponse.getDefaultInstance();
    }

    private Optional<ConnectException> failure(String kind) {
        return Optional.ofNullable(failures.get(kind))
                .map(f -> new ConnectException(f.code(), f.getMessage()));
    }

    private static Sandbox status(Sandbox sandbox, SandboxStatus status) {
        return sandbox.toBuilder().setStatus(status).build();
    }

    private static Sandbox paused(Sandbox sandbox, PauseReason reason) {
        return status(sandbox, SandboxStatus.SANDBOX_STATUS_PAUSED).toBuilder()
                .setPauseReason(reason)
                .clearHostIp()
                .setImageBytes(SNAPSHOT_BYTES)
                .build();
    }
}
