package dev.wrenn.host.memory;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.PageScan.Run;
import dev.wrenn.host.linux.Posix;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Guest memory that a VMM wrote itself: a file as long as the memory with data where pages were
/// written, and holes elsewhere. A page of zeros that is data was written.
final class DumpFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DumpFile.class);
    private static final int PAGE = MemoryIndex.BLOCK;
    private static final long BATCH_BYTES = 1 << 20;

    private final Fd fd;
    private final FileChannel channel;
    private final List<Run> runs;

    private DumpFile(Fd fd, FileChannel channel, List<Run> runs) {
        this.fd = fd;
        this.channel = channel;
        this.runs = runs;
    }

    /// @param size of the guest's memory
    /// @throws IOException when it cannot be such a file
    static DumpFile open(Path file, long size) throws IOException {
        // with larger blocks data would begin before the first page that was written
        long block = Files.getFileStore(file).getBlockSize();
        if (block > PAGE)
            throw new IOException(
                    file + ": blocks of " + block + " bytes (expected: at most " + PAGE + ")");
        var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            if (channel.size() != size)
                throw new IOException(
                        file + ": " + channel.size() + " bytes (expected: " + size + ")");
            var fd = Posix.open(file, Posix.O_RDONLY);
            try {
                return new DumpFile(fd, channel, runs(fd, size));
            } catch (RuntimeException e) {
                fd.close();
                throw e;
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static List<Run> runs(Fd fd, long size) {
        var runs = new ArrayList<Run>();
        long at = 0;
        while (at < size) {
            var data = Posix.nextData(fd, at);
            if (data.isEmpty()) break;
            long start = data.getAsLong() / PAGE * PAGE;
            long hole = Posix.nextHole(fd, data.getAsLong()).orElse(size);
            long end = Math.min(size, (hole + PAGE - 1) / PAGE * PAGE);
            if (end > start) runs.add(new Run(start, end));
            at = Math.max(end, at + PAGE);
        }
        return List.copyOf(runs);
    }

    /// Pages with data.
    long pages() {
        return runs.stream().mapToLong(Run::length).sum() / PAGE;
    }

    /// Hands every page with data on, in order.
    void into(MemorySaver.Pages pages) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(BATCH_BYTES, PAGE);
            for (var run : runs) {
                for (long at = run.start(); at < run.end(); at += BATCH_BYTES) {
                    var batch = buffer.asSlice(0, Math.min(BATCH_BYTES, run.end() - at));
                    var bytes = batch.asByteBuffer();
                    while (bytes.hasRemaining())
                        if (channel.read(bytes, at + bytes.position()) < 0)
                            throw new IOException("the dump ends at " + (at + bytes.position()));
                    pages.at(at, batch);
                }
            }
        }
    }

    /// Gives its blocks back.
    @Override
    public void close() {
        try (fd;
                channel) {
            channel.truncate(0);
        } catch (IOException e) { // the next dump empties it before it begins
            LOG.atWarn().setCause(e).log("a dump keeps its blocks until the next one");
        }
    }
}
