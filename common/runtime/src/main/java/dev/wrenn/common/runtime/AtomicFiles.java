package dev.wrenn.common.runtime;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/// Files that are either whole or not there, also after a power cut: write a temporary sibling,
/// fsync it, rename it, fsync the directory.
public final class AtomicFiles {
    private static final Set<PosixFilePermission> PRIVATE =
            PosixFilePermissions.fromString("rw-------");
    private static final AtomicLong COUNTER = new AtomicLong();

    /// Ending of temporary siblings; a sweep may remove any file that has it.
    public static final String TEMPORARY = ".tmp";

    private AtomicFiles() {}

    /// Replaces `target` by a file of mode 0600 with this content.
    ///
    /// @throws IOException also when the disk is full; `target` is untouched then
    public static void write(Path target, byte[] content) throws IOException {
        var directory = parent(target);
        var temporary =
                directory.resolve(
                        "."
                                + target.getFileName()
                                + "."
                                + ProcessHandle.current().pid()
                                + "."
                                + COUNTER.incrementAndGet()
                                + TEMPORARY);
        try {
            try (var out =
                    FileChannel.open(
                            temporary,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                            PosixFilePermissions.asFileAttribute(PRIVATE))) {
                var bytes = ByteBuffer.wrap(content);
                while (bytes.hasRemaining()) out.write(bytes);
                out.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.deleteIfExists(temporary);
            throw e;
        }
        syncDirectory(directory);
    }

    /// Makes renames, creations and deletions in a directory durable.
    public static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /// Deletes a file and makes that durable; a missing file is fine.
    public static void delete(Path target) throws IOException {
        if (Files.deleteIfExists(target)) syncDirectory(parent(target));
    }

    private static Path parent(Path target) {
        var directory = target.toAbsolutePath().getParent();
        if (directory == null) throw new IllegalArgumentException("no directory: " + target);
        return directory;
    }
}
