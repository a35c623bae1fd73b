package dev.wrenn.control.images;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.jspecify.annotations.Nullable;

/// Writes a tree of layers as one tar: folders and links first, then the files in the order of
/// their layers, so that each layer is read once more. For one thread.
final class Flattening {
    /// What each boot covers with file systems of its own; nothing in them would ever be seen.
    private static final List<String> COVERED = List.of("dev", "proc", "run", "sys", "tmp");

    private static final String PASSWD = "etc/passwd";
    private static final int LARGEST_PASSWD = 1 << 20;
    private static final int FOLDER = 0755;
    private static final int OPEN_FOLDER = 01777;
    private static final int CHUNK = 256 << 10;

    private final Tree tree;
    private final List<Blob> layers;
    private final Bounds bounds;
    private final IdentityHashMap<Node, List<String>> files = new IdentityHashMap<>();
    private long bytes;

    Flattening(Tree tree, List<Blob> layers, Bounds bounds) {
        this.tree = tree;
        this.layers = layers;
        this.bounds = bounds;
    }

    /// The image's `/etc/passwd`; empty when there is none that is a plain file.
    String passwd() throws IOException, ImageException {
        var node = tree.find(PASSWD);
        var found = node == null ? null : node.entry();
        if (node == null || found == null || found.kind() != Entry.Kind.FILE) return "";
        if (found.size() > LARGEST_PASSWD) throw new ImageException("/etc/passwd: more than 1 MiB");
        int at = found.at();
        var content = new StringBuilder();
        Layers.read(
                layers.get(node.layer()),
                bounds.unpacked(),
                (entry, from) -> {
                    if (entry.at() == at)
                        content.append(new String(from.readAllBytes(), StandardCharsets.UTF_8));
                });
        return content.toString();
    }

    /// @param more a line for the end of `/etc/passwd`; empty: none
    void write(Path file, String passwd, String more) throws IOException, ImageException {
        try (var to = new TarArchiveOutputStream(gzip(Ours.to(file)), "UTF-8")) {
            to.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            to.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            to.setAddPaxHeadersForNonAsciiNames(true);
            for (var name : COVERED) tree.root().children().remove(name);
            if (!more.isEmpty()) tree.make(List.of("etc"));
            folder("", tree.root(), to);
            for (var name : COVERED)
                put(
                        new TarArchiveEntry(name + "/"),
                        null,
                        name.equals("tmp") ? OPEN_FOLDER : FOLDER,
                        to);
            var replaced = more.isEmpty() ? null : tree.find(PASSWD);
            for (int i = 0; i < layers.size(); i++) contents(i, replaced, to);
            if (!more.isEmpty()) passwd(replaced, passwd, more, to);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// Fast rather than small: it is kept for as long as a build takes.
    private static OutputStream gzip(OutputStream to) throws IOException {
        return new GZIPOutputStream(to, CHUNK) {
            {
                def.setLevel(Deflater.BEST_SPEED);
            }
        };
    }

    private void folder(String path, Node folder, TarArchiveOutputStream to) throws IOException {
        for (var child : folder.children().entrySet()) {
            var node = child.getValue();
            var at = path + child.getKey();
            if (node.isFolder()) {
                put(new TarArchiveEntry(at + "/"), node.entry(), FOLDER, to);
                folder(at + "/", node, to);
            } else if (node.isLink()) {
                var entry = new TarArchiveEntry(at, TarConstants.LF_SYMLINK);
                if (node.entry() != null) entry.setLinkName(node.entry().target());
                put(entry, node.entry(), FOLDER, to);
            } else {
                files.computeIfAbsent(node, _ -> new ArrayList<>()).add(at);
            }
        }
    }

    private void contents(int layer, @Nullable Node without, TarArchiveOutputStream to)
            throws IOException, ImageException {
        Map<Integer, Node> wanted = new HashMap<>();
        for (var node : files.keySet())
            if (node.layer() == layer && node != without && node.entry() != null)
                wanted.put(node.entry().at(), node);
        if (wanted.isEmpty()) return;
        Layers.read(
                layers.get(layer),
                bounds.unpacked(),
                (entry, from) -> {
                    var node = wanted.get(entry.at());
                    if (node != null) regular(node, from, to);
                });
    }

    private void regular(Node node, InputStream from, TarArchiveOutputStream to)
            throws IOException, ImageException {
        var described = Objects.requireNonNull(node.entry());
        var paths = Objects.requireNonNull(files.get(node));
        count(described.size());
        var entry = new TarArchiveEntry(paths.getFirst());
        entry.setSize(described.size());
        open(entry, described, FOLDER, to);
        if (from.transferTo(to) != described.size())
            throw new ImageException("the archive is damaged");
        to.closeArchiveEntry();
        for (var more : paths.subList(1, paths.size())) {
            var link = new TarArchiveEntry(more, TarConstants.LF_LINK);
            link.setLinkName(paths.getFirst());
            put(link, described, FOLDER, to);
        }
    }

    private void passwd(
            @Nullable Node replaced, String passwd, String more, TarArchiveOutputStream to)
            throws IOException, ImageException {
        boolean ends = passwd.isEmpty() || passwd.endsWith("\n");
        var text = (passwd + (ends ? "" : "\n") + more).getBytes(StandardCharsets.UTF_8);
        var paths = replaced == null ? null : files.get(replaced);
        var entry = new TarArchiveEntry(paths == null ? PASSWD : paths.getFirst());
        entry.setSize(text.length);
        count(text.length);
        open(entry, replaced == null ? null : replaced.entry(), 0644, to);
        to.write(text);
        to.closeArchiveEntry();
    }

    private void count(long more) throws ImageException {
        bytes += more;
        if (bytes > bounds.unpacked())
            throw new ImageException("more than " + (bounds.unpacked() >> 20) + " MiB of files");
    }

    private static void put(
            TarArchiveEntry entry, @Nullable Entry described, int mode, TarArchiveOutputStream to)
            throws IOException {
        open(entry, described, mode, to);
        to.closeArchiveEntry();
    }

    private static void open(
            TarArchiveEntry entry, @Nullable Entry described, int mode, TarArchiveOutputStream to)
            throws IOException {
        entry.setMode(described == null ? mode : described.mode());
        entry.setIds(0, 0);
        if (described != null) {
            entry.setUserId(described.user());
            entry.setGroupId(described.group());
        }
        entry.setModTime((described == null ? 0 : described.time()) * 1000);
        to.putArchiveEntry(entry);
    }
}
