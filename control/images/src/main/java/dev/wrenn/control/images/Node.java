package dev.wrenn.control.images;

import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What is at a path of the flattened tree. Several paths may lead to one that is no folder: hard
/// links.
///
/// @param entry who and what it is; null: a folder that no layer describes
/// @param layer whose entry it is
/// @param children of a folder, by name
record Node(@Nullable Entry entry, int layer, TreeMap<String, Node> children) {
    static Node folder(@Nullable Entry entry, int layer) {
        return new Node(entry, layer, new TreeMap<>());
    }

    boolean isFolder() {
        return entry == null || entry.kind() == Entry.Kind.FOLDER;
    }

    boolean isLink() {
        return entry != null && entry.kind() == Entry.Kind.SYMBOLIC;
    }
}
