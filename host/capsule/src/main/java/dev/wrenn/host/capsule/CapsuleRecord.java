package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.vmm.VmRecord;
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
/// @param metadata versions of kernel, VMM, agent, envd
record CapsuleRecord(
        CapsuleRequest request,
        Secret token,
        Phase phase,
        String cause,
        @Nullable Integer slot,
        @Nullable VmRecord vm,
        Instant createdAt,
        @Nullable Instant startedAt,
        Map<String, String> metadata) {
    CapsuleRecord {
        metadata = Map.copyOf(metadata);
        if (phase == Phase.STOPPED && (slot != null || vm != null))
            throw new IllegalArgumentException("a stopped capsule holds no slot and no VM");
        if (phase == Phase.RUNNING && (slot == null || vm == null))
            throw new IllegalArgumentException("a running capsule has a slot and a VM");
    }

    static CapsuleRecord booting(CapsuleRequest request, Secret token, Instant now) {
        return new CapsuleRecord(
                request, token, Phase.BOOTING, "", null, null, now, null, Map.of());
    }

    CapsuleRecord withSlot(int index) {
        return new CapsuleRecord(
                request, token, phase, cause, index, vm, createdAt, startedAt, metadata);
    }

    CapsuleRecord withVm(VmRecord newVm) {
        return new CapsuleRecord(
                request, token, phase, cause, slot, newVm, createdAt, startedAt, metadata);
    }

    CapsuleRecord withMetadata(String key, String value) {
        var more = new HashMap<>(metadata);
        more.put(key, value);
        return new CapsuleRecord(
                request, token, phase, cause, slot, vm, createdAt, startedAt, more);
    }

    CapsuleRecord running(Instant now) {
        return new CapsuleRecord(
                request, token, Phase.RUNNING, "", slot, vm, createdAt, now, metadata);
    }

    CapsuleRecord stopped(String why) {
        return new CapsuleRecord(
                request, token, Phase.STOPPED, why, null, null, createdAt, startedAt, metadata);
    }

    CapsuleRecord destroying() {
        return new CapsuleRecord(
                request, token, Phase.DESTROYING, cause, slot, vm, createdAt, startedAt, metadata);
    }
}
