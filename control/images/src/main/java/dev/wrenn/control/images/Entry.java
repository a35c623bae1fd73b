package dev.wrenn.control.images;

import java.util.List;

/// One entry of a layer, without its content.
///
/// @param at which of the layer, from 0
/// @param parts of its path; none for the root
/// @param target of a link
record Entry(
        int at,
        Kind kind,
        List<String> parts,
        int mode,
        long user,
        long group,
        long time,
        long size,
        String target) {
    enum Kind {
        FOLDER,
        FILE,
        SYMBOLIC,
        HARD,
        /// A device or a pipe.
        SPECIAL
    }

    String path() {
        return String.join("/", parts);
    }
}
