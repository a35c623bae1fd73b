package dev.wrenn.control.images;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// Blobs in a directory of their own, under numbers. For one thread.
final class Folder implements AutoCloseable {
    private static final int CHUNK = 256 << 10;

    private final Path directory;
    private final long most;
    private long bytes;
    private int next; // name of a file

    /// @param most bytes of all together
    Folder(Path scratch, long most) throws IOException {
        this.directory = Files.createTempDirectory(scratch, "wrenn-image"); // only for us
        this.most = most;
    }

    /// Keeps what comes, to its end.
    ///
    /// @throws java.io.UncheckedIOException when our own disk fails
    Blob store(InputStream content) throws IOException {
        var file = directory.resolve(Integer.toString(next++));
        var digest = Digests.sha256();
        long size = 0;
        try (var out = Ours.to(file)) {
            var chunk = new byte[CHUNK];
            for (int n = content.read(chunk); n >= 0; n = content.read(chunk)) {
                bytes += n;
                if (bytes > most) throw new Compression.TooMuchException(most);
                digest.update(chunk, 0, n);
                size += n;
                out.write(chunk, 0, n);
            }
        }
        return new Blob(file, size, Digests.of(digest));
    }

    @Override
    public void close() throws IOException {
        try (var all = Files.list(directory)) {
            for (var file : all.toList()) Files.delete(file);
        }
        Files.delete(directory);
    }
}
