package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.FileSink;
import java.io.IOException;
import java.io.InputStream;

/// Moves bytes into a capsule: while one array is on its way, the other is filled. For one thread
/// and one sink.
final class Copier {
    private static final int CHUNK = 256 << 10;

    private byte[] filled = new byte[CHUNK];
    private byte[] other = new byte[CHUNK];

    /// To the end of `in`.
    void copy(InputStream in, FileSink sink) throws IOException {
        for (int n = in.read(filled); n >= 0; n = in.read(filled)) {
            sink.write(filled, 0, n);
            var next = other;
            other = filled;
            filled = next;
        }
    }
}
