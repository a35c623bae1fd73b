package dev.wrenn.host.vmm;

import dev.wrenn.common.runtime.Deadline;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/// Finds out whether KVM runs guests here, by booting the real kernel with Firecracker, as a VM's
/// user and behind its walls. The device may be there and still not run a stock kernel.
final class FirecrackerProbe {
    private static final int UID = 700_000; // slots begin at 1, so no VM has it
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final Duration LOOK = Duration.ofMillis(5);

    private FirecrackerProbe() {}

    /// @param dataDir where its files are for a moment
    /// @return why the kernel does not come up; empty when it does
    static Optional<String> boot(FirecrackerVmm vmm, Path dataDir, Path kernel, Path initramfs) {
        try {
            var workDir = Files.createTempDirectory(dataDir, "probe");
            try (var vm = vmm.bare(UID, workDir, kernel, initramfs)) {
                return watch(vm);
            } catch (VmmException e) {
                return Optional.of(String.valueOf(e.getMessage()));
            } finally {
                try (var files = Files.list(workDir)) {
                    for (var file : files.toList()) Files.delete(file);
                }
                Files.delete(workDir);
            }
        } catch (IOException e) {
            throw new VmmException("files of the probe in " + dataDir + ": " + e.getMessage(), e);
        }
    }

    private static Optional<String> watch(FirecrackerProcess vm) {
        var deadline = Deadline.after(LIMIT);
        while (!vm.consoleTail().contains(AccelProbe.MARKER)) {
            if (!vm.isAlive()) return Optional.of("it ends: " + last(vm));
            if (deadline.passed())
                return Optional.of("the guest kernel does not come up in time: " + last(vm));
            LockSupport.parkNanos(LOOK.toNanos());
        }
        return Optional.empty();
    }

    private static String last(FirecrackerProcess vm) {
        return (vm.stderrTail() + vm.consoleTail())
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce((_, line) -> line)
                .orElse("without a word");
    }
}
