package dev.wrenn.host.vmm;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// Built images for tests with real VMs: named by `WRENN_TEST_IMAGES`, else `.build/images` of the
/// project. The directory looks like an agent's data directory.
final class TestImages {
    /// The launcher as it ships.
    static final Path LAUNCHER =
            Path.of(System.getProperty("wrenn.root", "."), "native/target/release/vmjail");

    private TestImages() {}

    static Optional<Path> kernel() {
        return newest("vmlinux-", "");
    }

    static Optional<Path> initramfs() {
        return newest("initramfs-", ".cpio");
    }

    static Optional<Path> rootfs() {
        return root().map(dir -> dir.resolve("images/minimal/rootfs.ext4")).filter(Files::exists);
    }

    private static Optional<Path> newest(String prefix, String suffix) {
        return root().flatMap(dir -> {
            try (var files = Files.list(dir.resolve("kernels"))) {
                return files.filter(f -> matches(f, prefix, suffix)).max(Path::compareTo);
            } catch (java.io.IOException e) {
                return Optional.empty();
            }
        });
    }

    private static boolean matches(Path file, String prefix, String suffix) {
        var name = file.getFileName().toString();
        return name.startsWith(prefix) && name.endsWith(suffix);
    }

    private static Optional<Path> root() {
        var named = System.getProperty("wrenn.test.images", System.getenv("WRENN_TEST_IMAGES"));
        var dir =
                named != null
                        ? Path.of(named)
                        : Path.of(System.getProperty("wrenn.root", "."), ".build/images");
        return Optional.of(dir).filter(Files::isDirectory);
    }
}
