package dev.wrenn.control.images;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A root file system made of layers, without the contents of its files. A path of a layer goes
/// through the links that are there, as it would with that root as `/`: never out of it. For one
/// thread.
final class Tree {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";
    private static final String BOOKKEEPING = ".wh..wh."; // of aufs
    private static final int MOST_LINKS = 40; // MAXSYMLINKS of Linux
    private static final int DEEPEST = 512;

    private final Node root = Node.folder(null, 0);

    Node root() {
        return root;
    }

    /// Puts a layer on top: first what it hides of those below, then what it brings.
    void apply(int layer, List<Entry> entries) throws ImageException {
        for (var entry : entries) if (isWhiteout(entry)) hide(entry);
        for (var entry : entries) if (!isWhiteout(entry)) add(layer, entry);
    }

    private static boolean isWhiteout(Entry entry) {
        return !entry.parts().isEmpty() && entry.parts().getLast().startsWith(WHITEOUT);
    }

    private void hide(Entry entry) throws ImageException {
        var name = entry.parts().getLast();
        var folder = folder(parent(entry), -1);
        if (folder == null) return;
        if (name.equals(OPAQUE)) {
            folder.children().clear();
        } else if (!name.startsWith(BOOKKEEPING)) {
            var hidden = name.substring(WHITEOUT.length());
            if (hidden.isEmpty() || hidden.equals(".") || hidden.equals(".."))
                throw new ImageException("a whiteout of nothing: " + entry.path());
            folder.children().remove(hidden);
        }
    }

    private void add(int layer, Entry entry) throws ImageException {
        if (entry.parts().isEmpty()) return; // the root is ours
        if (entry.parts().size() > DEEPEST) throw new ImageException("folders too deep");
        var name = entry.parts().getLast();
        switch (entry.kind()) {
            case FOLDER -> {
                var folder = made(entry, layer);
                var old = folder.get(name);
                var children =
                        old != null && old.isFolder()
                                ? old.children()
                                : new TreeMap<String, Node>();
                folder.put(name, new Node(entry, layer, children));
            }
            case FILE, SYMBOLIC ->
                    made(entry, layer).put(name, new Node(entry, layer, new TreeMap<>()));
            case HARD -> made(entry, layer).put(name, original(entry));
            case SPECIAL -> {
                // Each boot makes the devices anew.
                if (!entry.parts().getFirst().equals("dev"))
                    throw new ImageException("a device or a pipe: " + entry.path());
            }
        }
    }

    private static List<String> parent(Entry entry) {
        return entry.parts().subList(0, entry.parts().size() - 1);
    }

    private TreeMap<String, Node> made(Entry entry, int layer) throws ImageException {
        var folder = folder(parent(entry), layer);
        if (folder == null) throw new ImageException("below a file: " + entry.path());
        return folder.children();
    }

    private Node original(Entry link) throws ImageException {
        var parts = Paths.parts(link.target());
        if (!parts.isEmpty()) {
            var folder = folder(parts.subList(0, parts.size() - 1), -1);
            var found = folder == null ? null : folder.children().get(parts.getLast());
            if (found != null && !found.isFolder()) return found;
        }
        throw new ImageException("a hard link to nothing: " + link.path());
    }

    /// Makes sure that a folder is there.
    void make(List<String> parts) throws ImageException {
        if (folder(parts, 0) == null)
            throw new ImageException("no folder: /" + String.join("/", parts));
    }

    /// What is at a path, through links.
    @Nullable Node find(String path) throws ImageException {
        return walk(Paths.parts(path), -1, true);
    }

    /// The folder at a path, through links.
    ///
    /// @param layer that makes what is missing; -1: nothing is made
    /// @return null when there is none
    private @Nullable Node folder(List<String> parts, int layer) throws ImageException {
        return walk(parts, layer, false);
    }

    /// @param files whether the last part may be one
    private @Nullable Node walk(List<String> parts, int layer, boolean files)
            throws ImageException {
        var way = new ArrayDeque<Node>(); // from the root to where we are
        Deque<String> left = new ArrayDeque<>(parts);
        int links = 0;
        while (!left.isEmpty()) {
            var part = left.removeFirst();
            if (part.isEmpty() || part.equals(".")) continue;
            if (part.equals("..")) {
                way.pollLast(); // above the root is the root
                continue;
            }
            var here = way.isEmpty() ? root : way.getLast();
            var next = here.children().get(part);
            if (next == null) {
                if (layer < 0) return null;
                if (way.size() > DEEPEST) throw new ImageException("folders too deep");
                next = Node.folder(null, layer);
                here.children().put(part, next);
            }
            if (next.isLink()) {
                if (++links > MOST_LINKS) throw new ImageException("a circle of links: " + part);
                var target = next.entry() == null ? "" : next.entry().target();
                if (target.startsWith("/")) way.clear();
                var steps = Arrays.asList(target.split("/"));
                for (int i = steps.size() - 1; i >= 0; i--) left.addFirst(steps.get(i));
            } else if (next.isFolder()) {
                way.addLast(next);
            } else {
                return files && left.isEmpty() ? next : null;
            }
        }
        return way.isEmpty() ? root : way.getLast();
    }
}
