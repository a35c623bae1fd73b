package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/// Folders of this machine to tar and back. What comes from a capsule is not trusted: it stays in
/// its folder, whatever its names and links say.
final class Tar {
    private static final int MODES = 0777;

    private Tar() {}

    /// Writes what is in `folder`; links stay links, what is neither file, folder nor link is left
    /// out.
    static void pack(Path folder, OutputStream to) throws IOException {
        try (var tar = new TarArchiveOutputStream(to, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            try (var all = Files.walk(folder)) {
                for (var path : (Iterable<Path>) all::iterator)
                    if (!path.equals(folder)) pack(path, folder.relativize(path).toString(), tar);
            }
        }
    }

    private static void pack(Path path, String name, TarArchiveOutputStream tar)
            throws IOException {
        if (Files.isSymbolicLink(path)) {
            var entry = new TarArchiveEntry(name, TarArchiveEntry.LF_SYMLINK);
            entry.setLinkName(Files.readSymbolicLink(path).toString());
            tar.putArchiveEntry(entry);
        } else if (Files.isDirectory(path)) {
            var entry = new TarArchiveEntry(name + "/");
            entry.setMode(mode(path));
            tar.putArchiveEntry(entry);
        } else if (Files.isRegularFile(path)) {
            var entry = new TarArchiveEntry(name);
            entry.setMode(mode(path));
            entry.setModTime(Files.getLastModifiedTime(path));
            entry.setSize(Files.size(path));
            tar.putArchiveEntry(entry);
            Files.copy(path, tar);
        } else {
            return;
        }
        tar.closeArchiveEntry();
    }

    private static int mode(Path path) throws IOException {
        int mode = 0;
        for (var permission : Files.getPosixFilePermissions(path))
            mode |= 0400 >> permission.ordinal(); // in the order of the bits
        return mode;
    }

    /// Unpacks into `folder`, which is made when it is missing.
    ///
    /// @throws CommandFailure for an entry that leads out of it
    static void unpack(InputStream from, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (var tar = new TarArchiveInputStream(from, StandardCharsets.UTF_8.name())) {
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                var path = within(folder, entry.getName());
                if (path.equals(folder)) continue;
                unpack(tar, entry, folder, path);
            }
            from.transferTo(OutputStream.nullOutputStream()); // what fills the last record
        } catch (IllegalArgumentException e) { // a name that no file can have, a broken header
            throw new CommandFailure("the capsule sent a malformed archive", e);
        }
    }

    private static void unpack(
            TarArchiveInputStream tar, TarArchiveEntry entry, Path folder, Path path)
            throws IOException {
        Files.createDirectories(parent(path));
        if (entry.isDirectory()) {
            if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(path);
                Files.createDirectory(path);
            }
            // Ours to write in while it is filled.
            permit(path, entry.getMode() | 0700);
        } else if (entry.isSymbolicLink()) {
            Files.deleteIfExists(path);
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
        } else if (entry.isLink()) {
            var target = within(folder, entry.getLinkName());
            Files.deleteIfExists(path);
            Files.createLink(path, target);
        } else if (entry.isFile()) {
            Files.deleteIfExists(path);
            try (var out =
                    Files.newOutputStream(
                            path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                tar.transferTo(out);
            }
            permit(path, entry.getMode());
            Files.setLastModifiedTime(path, entry.getLastModifiedTime());
        }
    }

    /// The place of a name in `folder`: nothing on the way there is a link.
    private static Path within(Path folder, String name) throws IOException {
        var relative = Path.of(name.replaceFirst("/+$", ""));
        var path = folder.resolve(relative).normalize();
        if (relative.isAbsolute() || !path.startsWith(folder)) throw outside(name);
        for (var above = parent(path);
                above.startsWith(folder) && !above.equals(folder);
                above = parent(above)) if (Files.isSymbolicLink(above)) throw outside(name);
        return path;
    }

    private static Path parent(Path path) throws IOException {
        var parent = path.getParent();
        if (parent == null) throw new NoSuchFileException(path.toString());
        return parent;
    }

    private static CommandFailure outside(String name) {
        return new CommandFailure(
                "the capsule sent a name that leads out of the folder: "
                        + name.replaceAll("\\p{Cntrl}", "?"));
    }

    private static void permit(Path path, int mode) throws IOException {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        for (var permission : PosixFilePermission.values())
            if ((mode & MODES & (0400 >> permission.ordinal())) != 0) permissions.add(permission);
        Files.setPosixFilePermissions(path, permissions);
    }
}
