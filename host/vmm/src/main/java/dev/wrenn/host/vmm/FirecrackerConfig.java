package dev.wrenn.host.vmm;

import java.nio.file.Path;
import java.time.Duration;

/// Settings of Firecracker.
///
/// @param program name or path of Firecracker
/// @param launcher path of `vmjail`, which puts up the walls around each VMM
/// @param kvm the device
/// @param startLimit from start until the control socket answers
/// @param controlLimit for one request; more for what depends on the size of the memory
/// @param disk how fast each VM may use its disk
public record FirecrackerConfig(
        String program,
        Path launcher,
        Path kvm,
        Duration startLimit,
        Duration controlLimit,
        DiskRate disk) {
    /// `firecracker` from the path, or another program; 10 s and 5 s; no limit for disks.
    public static FirecrackerConfig defaults(String program, Path launcher) {
        return new FirecrackerConfig(
                program,
                launcher,
                Path.of("/dev/kvm"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5),
                DiskRate.UNLIMITED);
    }

    /// The same settings with a limit for disks.
    public FirecrackerConfig withDisk(DiskRate rate) {
        return new FirecrackerConfig(program, launcher, kvm, startLimit, controlLimit, rate);
    }
}
