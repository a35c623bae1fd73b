package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/// The directories of an instance. The root one may be crossed, because PostgreSQL and Redis run
/// under accounts of their own; everything else is root's alone.
final class Directories {
    private static final Set<PosixFilePermission> CROSSED =
            PosixFilePermissions.fromString("rwx--x--x");
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rwx------");

    private Directories() {}

    static void create(DataDir data) throws IOException {
        directory(data.root(), CROSSED);
        for (var one : new Path[] {data.host(), data.pki(), data.secrets(), data.log(), data.run()})
            directory(one, PRIVATE);
    }

    private static void directory(Path path, Set<PosixFilePermission> mode) throws IOException {
        Files.createDirectories(path);
        Files.setPosixFilePermissions(path, mode);
    }
}
