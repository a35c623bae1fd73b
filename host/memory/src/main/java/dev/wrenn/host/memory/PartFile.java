package dev.wrenn.host.memory;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.Sparse;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A part while it is written: pages at their own offset (flat) or one behind the other (layered).
final class PartFile implements AutoCloseable {
    private final Fd fd;
    private final FileChannel channel;
    private final boolean flat;
    private long appended;

    private PartFile(Fd fd, FileChannel channel, boolean flat) {
        this.fd = fd;
        this.channel = channel;
        this.flat = flat;
    }

    /// A new file in which every page has its own offset: a clone of `base`, or all holes.
    static PartFile flat(Path file, long size, @org.jspecify.annotations.Nullable Path base)
            throws IOException {
        var part = create(file, true);
        try {
            if (base != null) {
                try (var source = Posix.open(base, Posix.O_RDONLY)) {
                    Posix.ficlone(part.fd, source);
                }
            }
            Posix.truncate(part.fd, size);
        } catch (RuntimeException e) {
            part.close();
            throw e;
        }
        return part;
    }

    /// A new file that grows page by page.
    static PartFile layered(Path file) throws IOException {
        return create(file, false);
    }

    private static PartFile create(Path file, boolean flat) throws IOException {
        var fd = Posix.open(file, Posix.O_RDWR | Posix.O_CREAT | Posix.O_EXCL, 0600);
        try {
            return new PartFile(fd, FileChannel.open(file, StandardOpenOption.WRITE), flat);
        } catch (IOException | RuntimeException e) {
            fd.close();
            throw e;
        }
    }

    /// Writes pages that begin at `offset` of guest memory.
    ///
    /// @return where in the file they are
    long write(long offset, MemorySegment pages) throws IOException {
        long at = flat ? offset : appended;
        var bytes = pages.asByteBuffer();
        long position = at;
        while (bytes.hasRemaining()) position += channel.write(bytes, position);
        appended = Math.max(appended, position);
        return at;
    }

    /// Pages that became zero: a flat part must not keep what it had there.
    void zero(long offset, long length) {
        if (flat) Sparse.punch(fd, offset, length);
    }

    @Override
    public void close() throws IOException {
        try (fd) {
            channel.close();
        }
    }
}
