package dev.wrenn.control.images;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/// Told by the first bytes, whatever a media type says.
final class Compression {
    private static final int CHUNK = 64 << 10;
    private static final int[] GZIP = {0x1f, 0x8b};
    private static final int[] ZSTD = {0x28, 0xb5, 0x2f, 0xfd}; // RFC 8878, 3.1.1

    private Compression() {}

    /// The content without its compression; more of it than so many bytes ends in a
    /// [TooMuchException].
    static InputStream plain(InputStream sent, long most) throws IOException {
        var from = new BufferedInputStream(sent, CHUNK);
        from.mark(ZSTD.length);
        var start = from.readNBytes(ZSTD.length);
        from.reset();
        if (begins(start, GZIP)) return new Counted(new GZIPInputStream(from, CHUNK), most);
        if (begins(start, ZSTD)) return new Counted(new ZstdInputStream(from), most);
        return new Counted(from, most);
    }

    private static boolean begins(byte[] start, int[] magic) {
        if (start.length < magic.length) return false;
        for (int i = 0; i < magic.length; i++) if ((start[i] & 0xff) != magic[i]) return false;
        return true;
    }

    /// More than is taken.
    static final class TooMuchException extends IOException {
        private static final long serialVersionUID = 1L;

        TooMuchException(long most) {
            super("more than " + (most >> 20) + " MiB in it");
        }
    }

    /// Ends with a refusal instead of filling a disk.
    private static final class Counted extends java.io.FilterInputStream {
        private final long most;
        private long count;

        Counted(InputStream in, long most) {
            super(in);
            this.most = most;
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

        /// What is skipped counts, and goes through whatever is above.
        @Override
        public long skip(long n) throws IOException {
            return Math.max(0, read(new byte[(int) Math.clamp(n, 0, CHUNK)]));
        }

        private void count(long n) throws IOException {
            count += n;
            if (count > most) throw new TooMuchException(most);
        }
    }
}
