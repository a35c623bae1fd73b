package dev.wrenn.control.domain.images;

import dev.wrenn.control.domain.hosts.FileSource;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostImages;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.TransferException;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Copies one image from a host into the object store: what the store has already is not asked for.
/// Memory: the outline and some chunks.
final class ImageCopy {
    /// Objects on their way to the store.
    private static final int WIDTH = 8;

    private final ImageName name;
    private final ImageKeys keys;
    private final HostImages host;
    private final ObjectStore objects;

    ImageCopy(ImageName name, HostImages host, ObjectStore objects) {
        this.name = name;
        this.keys = ImageKeys.of(name);
        this.host = host;
        this.objects = objects;
    }

    /// What was copied.
    ///
    /// @param manifest SHA-256 of the outline
    /// @param sent bytes that the store did not have
    record Copied(Outline outline, String manifest, long sent) {}

    Copied run() throws Outline.MalformedException, InterruptedException {
        var outline = outline();
        long sent = store(outline);
        var text = outline.text();
        var manifest = Outline.sha256(text);
        objects.put(keys.manifest(manifest), text);
        return new Copied(outline, manifest, sent);
    }

    private Outline outline() throws Outline.MalformedException {
        var text = new ByteArrayOutputStream();
        var piece = new byte[1 << 16];
        try (var source = host.outline(name)) {
            for (int n = source.read(piece); n >= 0; n = source.read(piece)) {
                if (text.size() + n > Outline.LARGEST)
                    throw new TransferException(HostFault.INVALID, "the image is too large");
                text.write(piece, 0, n);
            }
        }
        return Outline.parse(text.toByteArray());
    }

    /// Copies the chunks that the store does not have, neighbours with one request.
    ///
    /// @return bytes that were copied
    private long store(Outline outline) throws InterruptedException {
        var there = new HashSet<>(objects.list(keys.chunks()));
        long sent = 0;
        try (var window = new Window<Boolean>(WIDTH)) {
            for (var file : outline.files()) {
                for (var run : runs(file.chunks(), there)) {
                    long from = run.getFirst().offset();
                    long length = run.getLast().end() - from;
                    try (var source =
                            host.read(name, outline.number(), file.name(), from, length)) {
                        for (var chunk : run) {
                            var bytes = read(source, chunk);
                            if (window.full()) window.next();
                            window.add(() -> put(keys.chunk(chunk.sha256()), bytes));
                        }
                        if (source.read(new byte[1]) >= 0) // the end, or the connection is lost
                        throw new TransferException(HostFault.INTERNAL, "the range goes on");
                    }
                    sent += length;
                }
            }
            while (!window.empty()) window.next();
        }
        return sent;
    }

    private boolean put(String key, byte[] bytes) {
        objects.put(key, bytes);
        return true;
    }

    /// Neighbours that the store does not have, as lists.
    private List<List<Outline.Chunk>> runs(List<Outline.Chunk> chunks, Set<String> there) {
        var runs = new ArrayList<List<Outline.Chunk>>();
        Outline.@Nullable Chunk before = null;
        for (var chunk : chunks) {
            if (!there.add(keys.chunk(chunk.sha256()))) continue;
            if (before == null || before.end() != chunk.offset()) runs.add(new ArrayList<>());
            runs.getLast().add(chunk);
            before = chunk;
        }
        return runs;
    }

    private static byte[] read(FileSource source, Outline.Chunk chunk) {
        var bytes = new byte[chunk.length()];
        var piece = new byte[chunk.length()];
        for (int done = 0; done < bytes.length; ) {
            if (piece.length > bytes.length - done) piece = new byte[bytes.length - done];
            int n = source.read(piece);
            if (n < 0) throw new TransferException(HostFault.INTERNAL, "the image ends too early");
            System.arraycopy(piece, 0, bytes, done, n);
            done += n;
        }
        if (!Outline.sha256(bytes).equals(chunk.sha256()))
            throw new TransferException(HostFault.DATA_LOSS, "a chunk does not match its sum");
        return bytes;
    }

    /// Removes what only earlier images needed.
    void tidy(Copied copied) {
        var needed = new HashSet<String>();
        needed.add(keys.manifest(copied.manifest()));
        for (var file : copied.outline().files())
            for (var chunk : file.chunks()) needed.add(keys.chunk(chunk.sha256()));
        var rest = new HashSet<>(objects.list(keys.prefix()));
        rest.removeAll(needed);
        objects.delete(rest);
    }
}
