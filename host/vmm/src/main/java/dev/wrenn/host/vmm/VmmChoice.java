package dev.wrenn.host.vmm;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which VMM new VMs get. `AUTO` takes Firecracker where it runs guests and QEMU elsewhere; the
/// others insist.
public enum VmmChoice {
    QEMU,
    FIRECRACKER,
    AUTO;

    private static final Logger LOG = LoggerFactory.getLogger(VmmChoice.class);

    /// Reads `qemu`, `firecracker` or `auto`.
    ///
    /// @throws IllegalArgumentException for anything else
    public static VmmChoice parse(String word) {
        return switch (word) {
            case "qemu" -> QEMU;
            case "firecracker" -> FIRECRACKER;
            case "auto" -> AUTO;
            default ->
                    throw new IllegalArgumentException(
                            "vmm: " + word + " (expected: qemu, firecracker or auto)");
        };
    }

    /// Opens it; VMs that already run are taken back whichever VMM is theirs.
    ///
    /// @param dataDir the agent's data directory
    /// @param kernel what is booted to see what works
    /// @param initramfs what is booted to see what works
    /// @throws VmmException in one sentence, when what was insisted on cannot be used
    public Vmm open(
            VmmConfig qemu,
            FirecrackerConfig firecracker,
            Path dataDir,
            Path kernel,
            Path initramfs) {
        var chosen =
                switch (this) {
                    case QEMU -> QemuVmm.open(qemu, dataDir, kernel, initramfs);
                    case FIRECRACKER ->
                            FirecrackerVmm.open(firecracker, dataDir, kernel, initramfs);
                    case AUTO -> either(qemu, firecracker, dataDir, kernel, initramfs);
                };
        return new Both(chosen, qemu, firecracker);
    }

    private static Vmm either(
            VmmConfig qemu,
            FirecrackerConfig firecracker,
            Path dataDir,
            Path kernel,
            Path initramfs) {
        try {
            return FirecrackerVmm.open(firecracker, dataDir, kernel, initramfs);
        } catch (VmmException e) {
            LOG.atInfo().addKeyValue("reason", e.getMessage()).log("QEMU runs new VMs");
            return QemuVmm.open(qemu, dataDir, kernel, initramfs);
        }
    }

    /// The chosen one for what is new, and each VM's own for what is there.
    private record Both(Vmm chosen, VmmConfig qemu, FirecrackerConfig firecracker) implements Vmm {
        @Override
        public String name() {
            return chosen.name();
        }

        @Override
        public String version() {
            return chosen.version();
        }

        @Override
        public Accel accel() {
            return chosen.accel();
        }

        @Override
        public Map<String, String> machine() {
            return chosen.machine();
        }

        @Override
        public boolean takesServedDisks() {
            return chosen.takesServedDisks();
        }

        @Override
        public VmProcess boot(VmSpec spec) {
            return chosen.boot(spec);
        }

        @Override
        public VmProcess restore(VmSpec spec, Path deviceState) {
            return chosen.restore(spec, deviceState);
        }

        @Override
        public VmProcess adopt(VmRecord record) {
            boolean firecrackers = FirecrackerFiles.isIn(Path.of(record.workDir()));
            if (firecrackers == (chosen instanceof FirecrackerVmm)) return chosen.adopt(record);
            var cgroups = Cgroups.open();
            if (firecrackers)
                return FirecrackerVmm.adopt(
                        record, FirecrackerApi.client(), cgroups, firecracker.controlLimit());
            var pidfd = Adoption.of(record, cgroups);
            return QemuProcess.adopted(record, pidfd, qemu.controlLimit(), cgroups);
        }

        @Override
        public void forget(Set<Integer> uids) {
            chosen.forget(uids);
        }
    }
}
