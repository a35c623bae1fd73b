package dev.wrenn.control.images;

import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files of our own: a failure of our disk is told apart from a damaged image by being an
/// [UncheckedIOException].
final class Ours {
    private static final int CHUNK = 256 << 10;

    private Ours() {}

    static OutputStream to(Path file) {
        try {
            return new Unchecked(new BufferedOutputStream(Files.newOutputStream(file), CHUNK));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Unchecked extends FilterOutputStream {
        Unchecked(OutputStream to) {
            super(to);
        }

        @Override
        public void write(int value) {
            try {
                out.write(value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int count) {
            try {
                out.write(bytes, offset, count);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            try {
                super.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
