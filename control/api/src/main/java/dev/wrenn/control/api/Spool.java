package dev.wrenn.control.api;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/// Bytes kept on our disk until it is known where they go. The file has no name: nothing is left of
/// it, whatever happens.
final class Spool implements AutoCloseable {
    private static final int CHUNK = 256 << 10;
    private static final long RESERVE = 1L << 30; // of our disk, for everybody else
    private static final long LOOK_EACH = 64L << 20;

    private final FileChannel file;

    private Spool(FileChannel file) {
        this.file = file;
    }

    /// Keeps all of `in`.
    ///
    /// @throws ApiException 507 when our disk has no room for it
    static Spool of(InputStream in) throws IOException {
        var place = Files.createTempFile("wrenn-upload", null); // only for us
        var folder = Objects.requireNonNull(place.getParent()).toFile();
        var spool =
                new Spool(
                        FileChannel.open(place, StandardOpenOption.READ, StandardOpenOption.WRITE));
        Files.delete(place);
        boolean kept = false;
        try {
            spool.fill(in, folder);
            kept = true;
            return spool;
        } finally {
            if (!kept) spool.close();
        }
    }

    private void fill(InputStream in, File folder) throws IOException {
        var chunk = new byte[CHUNK];
        long unseen = LOOK_EACH;
        for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
            unseen += n;
            if (unseen > LOOK_EACH) {
                if (folder.getUsableSpace() < RESERVE) throw new ApiException(noRoom());
                unseen = 0;
            }
            var bytes = ByteBuffer.wrap(chunk, 0, n);
            while (bytes.hasRemaining()) file.write(bytes);
        }
    }

    private static ApiError noRoom() {
        return new ApiError(
                507, "insufficient_storage", "no room for a file before its path: send path first");
    }

    /// From its beginning.
    InputStream content() throws IOException {
        file.position(0);
        return Channels.newInputStream(file);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
