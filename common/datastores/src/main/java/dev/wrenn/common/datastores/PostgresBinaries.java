package dev.wrenn.common.datastores;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.JarURLConnection;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/// The PostgreSQL programs that come as an archive on the class path, unpacked once.
final class PostgresBinaries {
    private static final String ARCHIVE = "/postgres-linux-x86_64.txz";
    private static final int OWNER_EXECUTES = 0100;

    private PostgresBinaries() {}

    /// Unpacks unless `cache` already has this archive; several processes may do so at once.
    ///
    /// @return a directory with `bin`, `lib` and `share`
    static Path unpacked(Path cache) {
        try {
            var home = cache.resolve("pgsql-" + Long.toHexString(checksum()));
            if (Files.exists(home)) return home;
            Files.createDirectories(cache);
            var fresh = Files.createTempDirectory(cache, "unpacking-");
            try {
                unpack(fresh);
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rwxr-xr-x"));
                Files.move(fresh, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                delete(fresh);
                if (!Files.exists(home)) throw e; // else another process was first
            }
            return home;
        } catch (IOException e) {
            throw new DatastoreException("PostgreSQL could not be unpacked: " + e.getMessage(), e);
        }
    }

    private static long checksum() throws IOException {
        var archive = PostgresBinaries.class.getResource(ARCHIVE);
        if (archive == null) throw new IOException("no " + ARCHIVE + " on the class path");
        var connection = archive.openConnection();
        connection.setUseCaches(false);
        if (!(connection instanceof JarURLConnection jar)) return connection.getContentLengthLong();
        try (var file = jar.getJarFile()) {
            return file.getEntry(jar.getEntryName()).getCrc();
        }
    }

    private static void unpack(Path home) throws IOException {
        var stream = PostgresBinaries.class.getResourceAsStream(ARCHIVE);
        if (stream == null) throw new IOException("no " + ARCHIVE + " on the class path");
        try (var in = stream;
                var tar =
                        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(in)))) {
            for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
                var path = home.resolve(entry.getName()).normalize();
                if (!path.startsWith(home)) throw new IOException(entry.getName() + ": leads out");
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                    continue;
                }
                Files.createDirectories(path.getParent());
                if (entry.isSymbolicLink()) {
                    Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                } else {
                    Files.copy(tar, path);
                    boolean program = (entry.getMode() & OWNER_EXECUTES) != 0;
                    Files.setPosixFilePermissions(
                            path,
                            PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new IOException(e.getMessage() + ": twice in the archive", e);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (var paths = Files.walk(directory)) {
            for (var path : paths.sorted(Comparator.reverseOrder()).toList())
                Files.deleteIfExists(path);
        }
    }
}
