package dev.wrenn.control.images;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/// The files of an archive that holds images. For one thread.
final class Blobs implements AutoCloseable {
    private static final int MOST_LINKS = 8; // one after the other

    private final Folder folder;
    private final Bounds bounds;
    private final Map<String, Blob> files = new HashMap<>();
    private final Map<String, String> links = new HashMap<>();

    private Blobs(Bounds bounds, Path scratch) throws IOException {
        this.bounds = bounds;
        this.folder = new Folder(scratch, bounds.sent());
    }

    /// Reads an archive to its end: tar, plain or compressed with gzip or zstd.
    ///
    /// @throws ImageException for one that is damaged, too large, or leads out of itself
    static Blobs unpack(InputStream sent, Bounds bounds, Path scratch)
            throws IOException, ImageException {
        var blobs = new Blobs(bounds, scratch);
        boolean whole = false;
        try {
            blobs.read(new Sender(sent));
            whole = true;
            return blobs;
        } finally {
            if (!whole) blobs.close();
        }
    }

    /// A failure of whoever sends is not one of the archive.
    private static final class Sender extends FilterInputStream {
        private @Nullable Exception failure;

        Sender(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            try {
                return super.read(target, offset, length);
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        /// It is the sender's own.
        @Override
        public void close() {}

        void rethrow() throws IOException {
            if (failure instanceof IOException e) throw e;
            if (failure instanceof RuntimeException e) throw e;
        }
    }

    private void read(Sender sent) throws IOException, ImageException {
        try (var plain = Compression.plain(sent, bounds.sent());
                var tar = new TarArchiveInputStream(plain, StandardCharsets.UTF_8.name())) {
            int entries = 0;
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (++entries > bounds.files())
                    throw new ImageException("more than " + bounds.files() + " files");
                add(entry, tar);
            }
            if (entries == 0) throw new ImageException("expected a tar of an image");
            // What follows the end mark is filling; that of a compression is looked at as well.
            plain.transferTo(OutputStream.nullOutputStream());
        } catch (UncheckedIOException e) {
            throw e.getCause(); // of our own disk
        } catch (IOException | RuntimeException e) {
            sent.rethrow();
            throw damaged(e);
        }
    }

    /// What is wrong with a stream that a library gave up.
    static ImageException damaged(Exception e) {
        return new ImageException(
                e instanceof Compression.TooMuchException
                        ? String.valueOf(e.getMessage())
                        : "the archive is damaged");
    }

    private void add(TarArchiveEntry entry, TarArchiveInputStream tar)
            throws IOException, ImageException {
        var path = path(entry.getName());
        if (path.isEmpty() || entry.isDirectory()) return;
        if (entry.isSymbolicLink() || entry.isLink()) {
            links.put(path, target(path, entry));
            return;
        }
        boolean plain =
                entry.isFile()
                        && !entry.isSparse()
                        && !entry.isCharacterDevice()
                        && !entry.isBlockDevice()
                        && !entry.isFIFO();
        if (!plain) throw new ImageException("no plain file in the archive: " + path);
        var blob = folder.store(tar);
        if (blob.size() != entry.getSize()) throw new ImageException("the archive is damaged");
        var other = files.putIfAbsent(path, blob);
        if (other != null && !other.digest().equals(blob.digest()))
            throw new ImageException("twice in the archive: " + path);
    }

    private static String path(String name) throws ImageException {
        if (name.startsWith("/")) throw new ImageException("an absolute path: " + name);
        return String.join("/", Paths.parts(name));
    }

    /// Old versions of `docker save` link layers that are the same.
    private static String target(String path, TarArchiveEntry entry) throws ImageException {
        var target = entry.getLinkName();
        if (target == null || target.isEmpty() || target.startsWith("/"))
            throw new ImageException("an absolute link: " + path);
        if (entry.isLink()) return path(target);
        var parts = new ArrayList<>(List.of(path.split("/")));
        parts.removeLast();
        for (var part : target.split("/")) {
            if (part.isEmpty() || part.equals(".")) continue;
            if (!part.equals("..")) parts.add(part);
            else if (parts.isEmpty()) throw new ImageException("a link that leads out: " + path);
            else parts.removeLast();
        }
        return String.join("/", parts);
    }

    /// A file by its path in the archive.
    Optional<Blob> find(String path) {
        var at = path;
        for (int i = 0; i <= MOST_LINKS; i++) {
            var blob = files.get(at);
            if (blob != null) return Optional.of(blob);
            var next = links.get(at);
            if (next == null) return Optional.empty();
            at = next;
        }
        return Optional.empty();
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
