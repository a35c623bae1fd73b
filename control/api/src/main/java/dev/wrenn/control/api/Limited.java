package dev.wrenn.control.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// A body that may not be longer than so much.
final class Limited extends FilterInputStream {
    private final ApiError error;
    private long left;

    Limited(InputStream in, long limit) {
        this(in, limit, tooLarge());
    }

    /// @param error for whoever sends more
    Limited(InputStream in, long limit, ApiError error) {
        super(in);
        this.left = limit;
        this.error = error;
    }

    static ApiError tooLarge() {
        return new ApiError(413, "too_large", "body: more than 100 MiB, stream it");
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        if (value >= 0) count(1);
        return value;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int n = super.read(target, offset, length);
        if (n > 0) count(n);
        return n;
    }

    /// @throws ApiException 413
    private void count(int n) {
        left -= n;
        if (left < 0) throw new ApiException(error);
    }
}
