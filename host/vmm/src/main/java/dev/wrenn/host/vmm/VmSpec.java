package dev.wrenn.host.vmm;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.host.linux.Fd;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a VM is made of.
///
/// @param id names the VM in logs
/// @param vcpus 1..32
/// @param memory whole mebibytes, at least 64
/// @param kernel uncompressed `vmlinux`; not looked at by a restore
/// @param initramfs cpio with envd as `/init`; not looked at by a restore
/// @param extraCmdline appended to the VMM's own: the guest's network, for example; not looked at
///   by a restore, where it is part of the memory
/// @param disk raw root disk, for this VM alone
/// @param tap open tap device; remains the caller's to close after the start, and is closed before
///   by a VMM that opens it by its name
/// @param guestMac MAC address of the guest's `eth0`
/// @param uid user and group id of the VMM process, for this VM alone
/// @param workDir existing directory for control socket `qmp.sock` and messages `vmm.log`
/// @param source where the RAM comes from
/// @param template what the guest was made from, for a VMM that tells guests who they are; empty
///   when there is none
/// @param servedOrNull socket at which the disk is served with the NBD protocol, in a directory of
///   its own that the VMM may see; null when the VMM uses the file
public record VmSpec(
        CapsuleId id,
        int vcpus,
        MemorySize memory,
        Path kernel,
        Path initramfs,
        String extraCmdline,
        Path disk,
        Fd tap,
        String guestMac,
        int uid,
        Path workDir,
        MemorySource source,
        String template,
        @Nullable Path servedOrNull) {
    public VmSpec {
        if (vcpus < 1 || vcpus > 32)
            throw new IllegalArgumentException("vcpus: " + vcpus + " (expected: 1..32)");
        if (memory.mib() < 64)
            throw new IllegalArgumentException("memory: " + memory + " (expected: >= 64 MiB)");
        if (uid <= 0) throw new IllegalArgumentException("uid: " + uid + " (expected: > 0)");
    }

    /// A VM with empty memory, for a boot.
    public VmSpec(
            CapsuleId id,
            int vcpus,
            MemorySize memory,
            Path kernel,
            Path initramfs,
            String extraCmdline,
            Path disk,
            Fd tap,
            String guestMac,
            int uid,
            Path workDir) {
        this(
                id,
                vcpus,
                memory,
                kernel,
                initramfs,
                extraCmdline,
                disk,
                tap,
                guestMac,
                uid,
                workDir,
                new MemorySource.Fresh(),
                "",
                null);
    }

    /// The same VM with its memory from elsewhere.
    public VmSpec from(MemorySource source) {
        return with(source, template, servedOrNull);
    }

    /// The same VM, made from a template.
    public VmSpec of(String template) {
        return with(source, template, servedOrNull);
    }

    /// The same VM with its disk served at a socket.
    public VmSpec servedAt(Path socket) {
        return with(source, template, socket);
    }

    private VmSpec with(MemorySource source, String template, @Nullable Path served) {
        return new VmSpec(
                id,
                vcpus,
                memory,
                kernel,
                initramfs,
                extraCmdline,
                disk,
                tap,
                guestMac,
                uid,
                workDir,
                source,
                template,
                served);
    }

    /// Where its disk is served, while it is.
    Optional<Path> served() {
        return Optional.ofNullable(servedOrNull);
    }
}
