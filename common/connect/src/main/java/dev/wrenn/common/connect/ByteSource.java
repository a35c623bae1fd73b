package dev.wrenn.common.connect;

import java.io.IOException;
import java.util.Arrays;

/// Where body bytes come from; the shape of `InputStream.read`.
interface ByteSource {
    /// First step of growing buffers: a peer that claims much must also send it.
    int STEP = 64 * 1024;

    /// @return how many bytes were read, at least 1, or -1 at the end
    int read(byte[] target, int offset, int length) throws IOException;

    /// Reads exactly `length` bytes, unless the source ends before: then what there was.
    default byte[] upTo(int length) throws IOException {
        var bytes = new byte[Math.min(length, STEP)];
        int have = 0;
        while (have < length) {
            if (have == bytes.length)
                bytes = Arrays.copyOf(bytes, (int) Math.min(length, bytes.length * 2L));
            int n = read(bytes, have, bytes.length - have);
            if (n < 0) return Arrays.copyOf(bytes, have);
            have += n;
        }
        return bytes;
    }

    /// Reads to the end.
    ///
    /// @param declared the announced length, -1 when unknown
    /// @throws ConnectException `resource_exhausted` when it is longer than `limit`
    default byte[] all(long declared, int limit) throws IOException {
        if (declared > limit) throw tooLong(declared, limit);
        var bytes = upTo(declared >= 0 ? (int) declared : limit);
        if (bytes.length == limit || declared >= 0) {
            if (read(new byte[1], 0, 1) >= 0) throw tooLong(limit + 1L, limit);
        }
        return bytes;
    }

    /// Reads to the end, but at most `limit` bytes, and forgets them.
    default void discard(long limit) throws IOException {
        var bytes = new byte[STEP];
        for (long n, left = limit; left > 0; left -= n) {
            n = read(bytes, 0, (int) Math.min(bytes.length, left));
            if (n < 0) return;
        }
    }

    private static ConnectException tooLong(long length, int limit) {
        return new ConnectException(
                Code.RESOURCE_EXHAUSTED,
                "body of " + length + " bytes (expected: ≤ " + limit + ")");
    }
}
