package dev.wrenn.common.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.regex.Pattern;

/// Temporary directories of test servers, named after the process that uses them, so that a later
/// run removes what a killed one left.
final class ServerDirs {
    private static final Path ROOT = Path.of(System.getProperty("java.io.tmpdir"));
    private static final Pattern NAME = Pattern.compile("wrenn-test-(\\d{1,10})-.*");

    private ServerDirs() {}

    /// A fresh directory that other accounts may pass through.
    static Path create(String kind) {
        try {
            sweep();
            var name = "wrenn-test-" + ProcessHandle.current().pid() + "-" + kind + "-";
            var dir = Files.createTempDirectory(ROOT, name);
            Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx--x--x"));
            return dir;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Where unpacked programs stay from run to run, per account of this machine.
    static Path cache() {
        return ROOT.resolve("wrenn-test-cache-" + System.getProperty("user.name"));
    }

    static void delete(Path dir) {
        try (var paths = Files.walk(dir)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList())
                Files.deleteIfExists(path);
        } catch (IOException | UncheckedIOException e) {
            // a server that ends at this moment, or another run's sweep: the next one gets it
        }
    }

    private static void sweep() throws IOException {
        try (var dirs = Files.newDirectoryStream(ROOT, "wrenn-test-*")) {
            for (var dir : dirs) {
                var match = NAME.matcher(dir.getFileName().toString());
                if (match.matches() && ProcessHandle.of(Long.parseLong(match.group(1))).isEmpty())
                    delete(dir);
            }
        }
    }
}
