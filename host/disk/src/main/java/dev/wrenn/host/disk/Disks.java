package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Sparse;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/// Clones of images and the free space they need. Thread-safe.
public final class Disks {
    private static final AtomicLong COUNTER = new AtomicLong();

    private final Path dataDir;
    private final DiskConfig config;
    private final boolean reflink;

    /// Tries at once whether the file system shares blocks.
    ///
    /// @param dataDir the agent's data directory; exists
    public Disks(Path dataDir, DiskConfig config) {
        this.dataDir = dataDir;
        this.config = config;
        this.reflink = sharesBlocks(dataDir);
    }

    /// True when the file system shares blocks: a clone costs neither time nor space.
    public boolean reflink() {
        return reflink;
    }

    /// Makes `target` a writable copy of `image`, grown to `size` (never smaller than the image).
    /// The file has mode 0600 and appears whole or not at all; an existing one is replaced. It is
    /// not made durable: after a power cut the guest's own disk is whatever reached the host's.
    ///
    /// @throws DiskFullException when the reserve would not stay free
    /// @throws DiskException when image or directory cannot be used
    public void cloneImage(Path image, Path target, MemorySize size) {
        var temporary =
                target.resolveSibling(
                        "."
                                + target.getFileName()
                                + "."
                                + ProcessHandle.current().pid()
                                + "."
                                + COUNTER.incrementAndGet()
                                + AtomicFiles.TEMPORARY);
        try {
            int create = Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL;
            try (var from = Posix.open(image, Posix.O_RDONLY);
                    var to = Posix.open(temporary, create, 0600)) {
                long length = Files.size(image);
                if (!share(from, to)) copy(image, from, temporary, to, length);
                Posix.truncate(to, Math.max(length, size.bytes()));
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (ErrnoException e) {
            discard(temporary);
            if (e.errno() == ErrnoException.ENOSPC) throw new DiskFullException(dataDir, e);
            throw new DiskException(
                    "clone of " + image + " to " + target + ": " + e.getMessage(), e);
        } catch (IOException e) {
            discard(temporary);
            if (full(e)) throw new DiskFullException(dataDir, e);
            throw new DiskException(
                    "clone of " + image + " to " + target + ": " + e.getMessage(), e);
        } catch (RuntimeException e) {
            discard(temporary);
            throw e;
        }
    }

    /// Writes what this machine still holds in memory of a disk.
    public void flush(Path disk) {
        try (var file = Posix.open(disk, Posix.O_RDWR)) {
            Posix.syncData(file);
        } catch (ErrnoException e) {
            if (e.errno() == ErrnoException.ENOSPC) throw new DiskFullException(dataDir, e);
            throw new DiskException("flush of " + disk + ": " + e.getMessage(), e);
        }
    }

    /// Bytes of a file that are not holes, shared with other files or not.
    public long allocated(Path file) {
        try {
            return data(file);
        } catch (IOException e) {
            throw new DiskException("extents of " + file, e);
        }
    }

    /// The same as the file system counts it, at the cost of one look.
    ///
    /// @throws DiskException when there is no such file
    public long occupied(Path file) {
        try {
            return Sparse.allocated(file);
        } catch (ErrnoException e) {
            throw new DiskException("blocks of " + file, e);
        }
    }

    /// Free space for new data.
    public MemorySize free() {
        try {
            return new MemorySize(Files.getFileStore(dataDir).getUsableSpace());
        } catch (IOException e) {
            throw new DiskException("free space of " + dataDir, e);
        }
    }

    /// @param more on top of the configured reserve
    /// @throws DiskFullException when it is not free
    public void requireFree(MemorySize more) {
        var free = free();
        var needed = new MemorySize(Math.addExact(more.bytes(), config.reserve().bytes()));
        if (free.compareTo(needed) < 0) throw new DiskFullException(dataDir, free, needed);
    }

    /// @return false where the file system cannot
    private boolean share(Fd from, Fd to) {
        if (!reflink) return false;
        requireFree(new MemorySize(0));
        try {
            Posix.ficlone(to, from);
            return true;
        } catch (ErrnoException e) {
            if (cannotShare(e)) return false; // the image may be on another file system
            throw e;
        }
    }

    private void copy(Path image, Fd from, Path temporary, Fd to, long length) throws IOException {
        requireFree(new MemorySize(data(image)));
        try (var in = FileChannel.open(image, StandardOpenOption.READ);
                var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
            var data = Posix.nextData(from, 0);
            while (data.isPresent()) {
                long start = data.getAsLong();
                long end = Posix.nextHole(from, start).orElse(length);
                out.position(start);
                for (long at = start; at < end; ) {
                    long moved = in.transferTo(at, end - at, out);
                    if (moved == 0) throw new IOException("image ends at " + at + ": " + image);
                    at += moved;
                }
                data = Posix.nextData(from, end);
            }
        }
        Posix.truncate(to, length);
    }

    private static long data(Path file) throws IOException {
        long bytes = 0;
        try (var fd = Posix.open(file, Posix.O_RDONLY)) {
            for (var data = Posix.nextData(fd, 0); data.isPresent(); ) {
                long end = Posix.nextHole(fd, data.getAsLong()).orElse(Files.size(file));
                bytes += end - data.getAsLong();
                data = Posix.nextData(fd, end);
            }
        }
        return bytes;
    }

    /// The JDK has no exception of its own for ENOSPC and EDQUOT, only the C library's words.
    static boolean full(IOException e) {
        var message = String.valueOf(e.getMessage());
        return message.contains("No space left") || message.contains("quota exceeded");
    }

    private static boolean cannotShare(ErrnoException e) {
        return e.errno() == ErrnoException.EOPNOTSUPP
                || e.errno() == ErrnoException.EXDEV
                || e.errno() == ErrnoException.EINVAL
                || e.errno() == ErrnoException.ENOTTY;
    }

    /// True when files below `directory` can share blocks; found out with two small files.
    static boolean sharesBlocks(Path directory) {
        var prefix = ".reflink-" + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet();
        var one = directory.resolve(prefix + "-a" + AtomicFiles.TEMPORARY);
        var two = directory.resolve(prefix + "-b" + AtomicFiles.TEMPORARY);
        int create = Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL;
        try (var from = Posix.open(one, create, 0600);
                var to = Posix.open(two, create, 0600)) {
            Posix.write(from, new byte[4096]);
            Posix.ficlone(to, from);
            return true;
        } catch (ErrnoException e) {
            if (cannotShare(e)) return false;
            if (e.errno() == ErrnoException.ENOSPC) throw new DiskFullException(directory, e);
            throw new DiskException("cannot write in " + directory + ": " + e.getMessage(), e);
        } finally {
            discard(one);
            discard(two);
        }
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new DiskException("cannot delete " + file, e);
        }
    }
}
