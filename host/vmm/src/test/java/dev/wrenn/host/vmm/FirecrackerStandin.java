package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// The strict stand-in for Firecracker, and what it needs in the place of a kernel and of KVM.
final class FirecrackerStandin {
    static final Path PROGRAM =
            Path.of(
                    System.getProperty("wrenn.root", "."),
                    "native/target/release/firecracker-standin");

    /// A device that is everywhere: the stand-in runs no guest.
    private static final Path NO_KVM = Path.of("/dev/zero");

    private FirecrackerStandin() {}

    static FirecrackerConfig config() {
        return config(Duration.ofSeconds(20));
    }

    /// @param controlLimit for one request
    static FirecrackerConfig config(Duration controlLimit) {
        return new FirecrackerConfig(
                PROGRAM.toString(),
                TestImages.LAUNCHER,
                NO_KVM,
                Duration.ofSeconds(20),
                controlLimit,
                new DiskRate(256 << 20, 10_000));
    }

    /// Opens it with a kernel of [#kernel(Path)].
    static FirecrackerVmm open(FirecrackerConfig config, Path dir) throws Exception {
        assertThat(PROGRAM)
                .as("built by `cargo build --release -p firecracker-standin` in native/")
                .exists();
        return FirecrackerVmm.open(config, dir, kernel(dir), initramfs(dir));
    }

    /// What it takes for a kernel: it looks at the first four bytes.
    static Path kernel(Path dir) {
        return file(dir.resolve("vmlinux"), "\177ELF and no more");
    }

    static Path initramfs(Path dir) {
        return file(dir.resolve("initramfs.cpio"), "nothing");
    }

    private static Path file(Path file, String content) {
        try {
            if (!Files.exists(file))
                Files.write(file, content.getBytes(StandardCharsets.ISO_8859_1));
            return file;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// A number that grows while its guest runs; -1 before it said one.
    static long counter(VmProcess vm) {
        long counter = -1;
        for (var line : vm.consoleTail().lines().toList()) {
            if (!line.contains("goes on at ")) continue;
            var number = line.substring(line.indexOf(" at ") + 4, line.indexOf(','));
            counter = Long.parseLong(number);
        }
        return counter;
    }
}
