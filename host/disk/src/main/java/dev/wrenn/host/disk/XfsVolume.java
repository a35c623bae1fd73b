package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.host.linux.Command;
import dev.wrenn.host.linux.Mounts;
import dev.wrenn.host.linux.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;

/// A file system with shared blocks for a data directory that has none: XFS inside one sparse file,
/// mounted on the directory. Needs root, `mkfs.xfs` and loop devices; without them all works too,
/// only slower, so what is missing is said and not thrown. Not for concurrent use on one volume.
public final class XfsVolume {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Duration BUSY_LIMIT = Duration.ofSeconds(10);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);
    private static final int UMOUNT_FAILED = 32; // umount(8)
    private static final MemorySize LEAST = MemorySize.ofMib(512); // mkfs.xfs wants 300 MiB

    private final Path file;
    private final Path directory;

    /// @param file the sparse file, for example `DATA/host.xfs`
    /// @param directory where it is mounted, for example `DATA/host`
    public XfsVolume(Path file, Path directory) {
        this.file = file.toAbsolutePath().normalize();
        this.directory = directory.toAbsolutePath().normalize();
    }

    /// What [#mount(MemorySize)] came to.
    public sealed interface Outcome {
        /// The directory shares blocks by itself.
        record NotNeeded() implements Outcome {}

        /// The volume is mounted.
        ///
        /// @param made true when it was made just now
        record Mounted(boolean made) implements Outcome {}

        /// The directory is used as it is.
        ///
        /// @param reason in words
        record Unavailable(String reason) implements Outcome {}
    }

    /// Mounts the volume, making it first where there is none; does nothing when mounted. A
    /// directory that already holds files is left as it is: mounting would hide them.
    ///
    /// @param size of a new volume, its file being sparse; at least 512 MiB
    public Outcome mount(MemorySize size) {
        if (size.compareTo(LEAST) < 0)
            throw new IllegalArgumentException("volume: " + size + " (expected: >= " + LEAST + ")");
        try {
            Files.createDirectories(directory);
            if (isMounted()) return new Outcome.Mounted(false);
            boolean exists = Files.exists(file);
            if (!exists) {
                if (Disks.sharesBlocks(directory)) return new Outcome.NotNeeded();
                if (!isEmpty()) return new Outcome.Unavailable(directory + " holds files already");
                make(size);
            }
            run(
                    "mount",
                    "-t",
                    "xfs",
                    "-o",
                    "loop,noatime,nodev,nosuid",
                    path(file),
                    path(directory));
            return new Outcome.Mounted(!exists);
        } catch (IOException | DiskException e) {
            return new Outcome.Unavailable(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Outcome.Unavailable("interrupted");
        }
    }

    /// True when the volume is mounted on its directory.
    public boolean isMounted() {
        return Mounts.at(directory)
                .filter(mount -> mount.type().equals("xfs"))
                .filter(mount -> mount.source().startsWith("/dev/loop"))
                .isPresent();
    }

    /// Unmounts the volume and with it frees the loop device; does nothing when not mounted.
    ///
    /// A process that has just ended may hold its files a little longer: the kernel lets go of
    /// asynchronous I/O after the process is gone, and tells nobody.
    ///
    /// @throws DiskException when files in it are still in use after 10 s
    public void unmount() {
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
        long end = System.nanoTime() + BUSY_LIMIT.toNanos();
        try {
            while (isMounted()) {
                var result = Command.run(LIMIT, "", List.of("umount", path(directory)));
                if (result.ok()) continue; // there may be another one below
                if (result.code() != UMOUNT_FAILED || System.nanoTime() > end)
                    throw failed("umount", result);
                Thread.sleep(backoff.next());
            }
        } catch (IOException e) {
            throw new DiskException("cannot unmount " + directory + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DiskException("interrupted while unmounting " + directory, e);
        }
    }

    /// Appears whole or not at all: a file that is there is a file system.
    private void make(MemorySize size) throws IOException, InterruptedException {
        var draft = file.resolveSibling("." + file.getFileName() + AtomicFiles.TEMPORARY);
        try {
            Files.deleteIfExists(draft);
            try (var fd = Posix.open(draft, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, 0600)) {
                Posix.truncate(fd, size.bytes());
            }
            run("mkfs.xfs", "-q", "-m", "reflink=1", path(draft));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(draft);
        }
    }

    private boolean isEmpty() throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    private static String path(Path path) {
        return path.toString();
    }

    private static void run(String... argv) throws IOException, InterruptedException {
        var result = Command.run(LIMIT, "", List.of(argv));
        if (!result.ok()) throw failed(argv[0], result);
    }

    private static DiskException failed(String program, Command.Result result) {
        return new DiskException(
                program + " failed with code " + result.code() + ": " + result.output());
    }
}
