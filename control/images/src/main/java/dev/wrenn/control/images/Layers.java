package dev.wrenn.control.images;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/// Reads the tars that layers are.
final class Layers {
    private static final int CHUNK = 64 << 10;
    private static final int MODES = 07777;
    private static final int LONGEST_TARGET = 4095; // PATH_MAX of Linux, without its NUL
    private static final long LARGEST_ID = 0xffff_fffeL; // the last one means nobody (chown(2))

    private Layers() {}

    /// Takes what is of one file.
    interface Visitor {
        void visit(Entry entry, InputStream content) throws IOException, ImageException;
    }

    /// What a whole layer is.
    ///
    /// @param digest of the plain tar
    /// @param bytes of it
    record Whole(String digest, long bytes) {}

    /// Reads a layer to its end.
    ///
    /// @param most bytes of the plain tar
    static Whole read(Blob layer, long most, Visitor visitor) throws IOException, ImageException {
        try (var from = layer.open();
                var plain = new Summed(Compression.plain(from, most))) {
            var tar = new TarArchiveInputStream(plain, StandardCharsets.UTF_8.name());
            int at = 0;
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry())
                visitor.visit(entry(at++, entry), tar);
            plain.transferTo(OutputStream.nullOutputStream());
            return new Whole(Digests.of(plain.sha256), plain.bytes);
        } catch (UncheckedIOException e) {
            throw e.getCause(); // of our own disk
        } catch (IOException | RuntimeException e) {
            throw Blobs.damaged(e);
        }
    }

    /// Also of what is skipped.
    private static final class Summed extends FilterInputStream {
        private final MessageDigest sha256 = Digests.sha256();
        private long bytes;

        Summed(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            if (value >= 0) {
                sha256.update((byte) value);
                bytes++;
            }
            return value;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            if (n > 0) {
                sha256.update(target, offset, n);
                bytes += n;
            }
            return n;
        }

        @Override
        public long skip(long n) throws IOException {
            return Math.max(0, read(new byte[(int) Math.clamp(n, 0, CHUNK)]));
        }
    }

    private static Entry entry(int at, TarArchiveEntry entry) throws ImageException {
        var parts = Paths.parts(entry.getName());
        var kind = kind(entry);
        var target = entry.getLinkName() == null ? "" : entry.getLinkName();
        boolean link = kind == Entry.Kind.SYMBOLIC || kind == Entry.Kind.HARD;
        if (link
                && (target.isEmpty()
                        || target.length() > LONGEST_TARGET
                        || target.indexOf('\0') >= 0))
            throw new ImageException("a link to nothing: " + String.join("/", parts));
        if (entry.getSize() < 0) throw new ImageException("the archive is damaged");
        return new Entry(
                at,
                kind,
                parts,
                entry.getMode() & MODES,
                Math.clamp(entry.getLongUserId(), 0, LARGEST_ID),
                Math.clamp(entry.getLongGroupId(), 0, LARGEST_ID),
                Math.max(0, entry.getLastModifiedTime().toInstant().getEpochSecond()),
                kind == Entry.Kind.FILE ? entry.getSize() : 0,
                target);
    }

    private static Entry.Kind kind(TarArchiveEntry entry) throws ImageException {
        if (entry.isSymbolicLink()) return Entry.Kind.SYMBOLIC;
        if (entry.isLink()) return Entry.Kind.HARD;
        if (entry.isCharacterDevice() || entry.isBlockDevice() || entry.isFIFO())
            return Entry.Kind.SPECIAL;
        if (entry.isDirectory()) return Entry.Kind.FOLDER;
        if (entry.isSparse()) throw new ImageException("a sparse file: " + entry.getName());
        if (entry.isFile()) return Entry.Kind.FILE;
        throw new ImageException("neither file, folder nor link: " + entry.getName());
    }
}
