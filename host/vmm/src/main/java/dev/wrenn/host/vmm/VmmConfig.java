package dev.wrenn.host.vmm;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Settings of the VMM.
///
/// @param mode which acceleration to use
/// @param program name or path of QEMU
/// @param launcher path of `vmjail`, which puts up the walls around each VMM
/// @param startLimit from start until the control socket answers
/// @param controlLimit for one command on the control socket
/// @param ramshim path of `libramshim.so`; without it VMs boot and can be saved by comparison, but
///   not restored
/// @param disk how fast each VM may use its disk
public record VmmConfig(
        Mode mode,
        String program,
        Path launcher,
        Duration startLimit,
        Duration controlLimit,
        @Nullable Path ramshim,
        DiskRate disk) {
    /// Without ramshim, and without a limit for disks.
    public VmmConfig(
            Mode mode, String program, Path launcher, Duration startLimit, Duration controlLimit) {
        this(mode, program, launcher, startLimit, controlLimit, null, DiskRate.UNLIMITED);
    }

    /// The same settings with ramshim.
    ///
    /// @param library path of `libramshim.so`; made readable for all when it is not
    public VmmConfig withRamshim(Path library) {
        return new VmmConfig(mode, program, launcher, startLimit, controlLimit, library, disk);
    }

    /// The same settings with a limit for disks.
    public VmmConfig withDisk(DiskRate rate) {
        return new VmmConfig(mode, program, launcher, startLimit, controlLimit, ramshim, rate);
    }

    /// `AUTO` probes KVM; the others insist.
    public enum Mode {
        AUTO,
        KVM,
        TCG;

        /// Reads `auto`, `kvm` or `tcg`.
        ///
        /// @throws IllegalArgumentException for anything else
        public static Mode parse(String word) {
            return switch (word) {
                case "auto" -> AUTO;
                case "kvm" -> KVM;
                case "tcg" -> TCG;
                default ->
                        throw new IllegalArgumentException(
                                "accel: " + word + " (expected: auto, kvm or tcg)");
            };
        }
    }

    /// Probing, `qemu-system-x86_64` from the path, 10 s and 5 s.
    public static VmmConfig defaults(Path launcher) {
        return new VmmConfig(
                Mode.AUTO,
                "qemu-system-x86_64",
                launcher,
                Duration.ofSeconds(10),
                Duration.ofSeconds(5));
    }
}
