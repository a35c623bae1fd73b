package dev.wrenn.host.capsule;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.vmm.VmRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// All that must survive the agent. Immutable; each change is a new record, written before it
/// counts.
///
/// @param request what was asked for
/// @param token that the guest asks of everyone
/// @param cause why it is stopped; empty otherwise
/// @param slot index of its network slot, while it may have one
/// @param vm how to find its VM, once there is one
/// @param memory where the VM's memory came from, once there is one
/// @param image number of the image that counts, see [CapsuleImages]; null without one
/// @param pause how it was paused, while it is
/// @param metadata versions of kernel, VMM, agent, envd, and how long its newest save took
record CapsuleRecord(
        CapsuleRequest request,
        Secret token,
        Phase phase,
        String cause,
        @Nullable Integer slot,
        @Nullable VmRecord vm,
        Ancestry.@Nullable Kind memory,
        @Nullable Integer image,
        @Nullable Pause pause,
        Instant createdAt,
        @Nullable Instant startedAt,
        Map<String, String> metadata) {
    /// A pause.
    ///
    /// @param bytes allocated by its image
    /// @param incarnation the life that was paused; a later one in the request never ran
    record Pause(PauseReason reason, long bytes, long incarnation) {}

    CapsuleRecord {
        metadata = Map.copyOf(metadata);
        boolean holds = slot != null || vm != null;
        if ((phase == Phase.STOPPED || phase == Phase.PAUSED) && holds)
            throw new IllegalArgumentException(
                    "a capsule that is " + phase.word() + " holds no slot and no VM");
        if ((phase == Phase.RUNNING || phase == Phase.PAUSING) && (slot == null || vm == null))
            throw new IllegalArgumentException("a running capsule has a slot and a VM");
        if ((phase == Phase.PAUSED || phase == Phase.RESUMING) && image == null)
            throw new IllegalArgumentException("a paused capsule has an image");
        if (phase == Phase.PAUSED && pause == null)
            throw new IllegalArgumentException("a paused capsule was paused for a reason");
    }

    static CapsuleRecord booting(CapsuleRequest request, Secret token, Instant now) {
        return new CapsuleRecord(
                request,
                token,
                Phase.BOOTING,
                "",
                null,
                null,
                null,
                null,
                null,
                now,
                null,
                Map.of());
    }

    /// One that was paused on another host.
    ///
    /// @param bytes allocated by its image
    static CapsuleRecord arrived(
            CapsuleRequest request,
            Secret token,
            int number,
            long bytes,
            Map<String, String> metadata,
            Instant now) {
        return booting(request, token, now)
                .withMetadata(metadata)
                .paused(number, new Pause(PauseReason.ASKED, bytes, request.incarnation()));
    }

    /// The number of the next image.
    int nextImage() {
        return image == null ? 0 : image + 1;
    }

    CapsuleRecord withSlot(int index) {
        return copy(phase, cause, index, vm, memory, image, pause);
    }

    CapsuleRecord withVm(VmRecord newVm) {
        return copy(phase, cause, slot, newVm, memory, image, pause);
    }

    CapsuleRecord withMemory(Ancestry.Kind from) {
        return copy(phase, cause, slot, vm, from, image, pause);
    }

    CapsuleRecord withImage(int number) {
        return copy(phase, cause, slot, vm, memory, number, pause);
    }

    /// The same without what belonged to a VM that did not come up.
    CapsuleRecord cold() {
        return copy(phase, cause, null, null, null, null, null);
    }

    /// The same with a guest that asks for another token.
    CapsuleRecord withToken(Secret newToken) {
        return new CapsuleRecord(
                request, newToken, phase, cause, slot, vm, memory, image, pause, createdAt,
                startedAt, metadata);
    }

    CapsuleRecord withMetadata(Map<String, String> more) {
        var all = new HashMap<>(metadata);
        all.putAll(more);
        return new CapsuleRecord(
                request, token, phase, cause, slot, vm, memory, image, pause, createdAt, startedAt,
                all);
    }

    CapsuleRecord running(Instant now) {
        return new CapsuleRecord(
                request,
                token,
                Phase.RUNNING,
                "",
                slot,
                vm,
                memory,
                image,
                null,
                createdAt,
                now,
                metadata);
    }

    /// Running as before, after a pause that was given up.
    CapsuleRecord runningOn() {
        return copy(Phase.RUNNING, "", slot, vm, memory, image, null);
    }

    CapsuleRecord pausing() {
        return copy(Phase.PAUSING, "", slot, vm, memory, image, null);
    }

    CapsuleRecord paused(int number, Pause how) {
        return copy(Phase.PAUSED, "", null, null, null, number, how);
    }

    /// Paused as before, after a resume that failed.
    CapsuleRecord stillPaused() {
        return copy(Phase.PAUSED, "", null, null, null, image, pause);
    }

    /// A new life of a paused capsule.
    CapsuleRecord resuming(long incarnation, Duration idleTimeout) {
        return new CapsuleRecord(
                request.as(incarnation, idleTimeout),
                token,
                Phase.RESUMING,
                "",
                null,
                null,
                null,
                image,
                pause,
                createdAt,
                startedAt,
                metadata);
    }

    /// The same under other policies.
    CapsuleRecord under(Egress policies) {
        return new CapsuleRecord(
                request.under(policies),
                token,
                phase,
                cause,
                slot,
                vm,
                memory,
                image,
                pause,
                createdAt,
                startedAt,
                metadata);
    }

    /// The same running capsule in a later life.
    CapsuleRecord livingAs(long incarnation) {
        return new CapsuleRecord(
                request.as(incarnation, request.spec().idleTimeout()),
                token,
                phase,
                cause,
                slot,
                vm,
                memory,
                image,
                pause,
                createdAt,
                startedAt,
                metadata);
    }

    CapsuleRecord stopped(String why) {
        return copy(Phase.STOPPED, why, null, null, null, null, null);
    }

    /// Stopped for ever, with the image kept for whoever can still read something from it.
    CapsuleRecord spoiled(String why) {
        return copy(Phase.STOPPED, why, null, null, null, image, null);
    }

    CapsuleRecord destroying() {
        return copy(Phase.DESTROYING, cause, slot, vm, memory, image, pause);
    }

    private CapsuleRecord copy(
            Phase newPhase,
            String newCause,
            @Nullable Integer newSlot,
            @Nullable VmRecord newVm,
            Ancestry.@Nullable Kind newMemory,
            @Nullable Integer newImage,
            @Nullable Pause newPause) {
        return new CapsuleRecord(
                request, token, newPhase, newCause, newSlot, newVm, newMemory, newImage, newPause,
                createdAt, startedAt, metadata);
    }
}
