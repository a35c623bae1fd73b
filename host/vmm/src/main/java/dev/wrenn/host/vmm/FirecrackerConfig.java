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
public record FirecrackerConfig(
        String program, Path launcher, Path kvm, Duration startLimit, Duration controlLimit) {
    /// `firecracker` from the path, or another program; 10 s and 5 s.
    public static FirecrackerConfig defaults(String program, Path launcher) {
        return new FirecrackerConfig(
                program,
                launcher,
                Path.of("/dev/kvm"),
                Duration.ofSeconds(10),
                Duration.ofSeconds(5));
    }
}
