package dev.wrenn.control.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/// The body of a request. That it broke off is told apart from everything else that can fail.
final class RequestBody extends FilterInputStream {
    /// The client is gone, or does not speak HTTP.
    static final class BrokenException extends IOException {
        private static final long serialVersionUID = 1L;

        BrokenException(IOException cause) {
            super(cause);
        }
    }

    RequestBody(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        try {
            return super.read();
        } catch (IOException e) {
            throw new BrokenException(e);
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        try {
            return super.read(target, offset, length);
        } catch (IOException e) {
            throw new BrokenException(e);
        }
    }
}
