package dev.wrenn.control.images;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Paths inside of archives and layers.
final class Paths {
    private static final int LONGEST = 4096; // PATH_MAX of Linux
    private static final int LONGEST_PART = 255; // NAME_MAX

    private Paths() {}

    /// The parts of a path below the root it is relative to; none for the root itself. A leading
    /// slash means that root.
    ///
    /// @throws ImageException for one that leads out, or that no file system holds
    static List<String> parts(String path) throws ImageException {
        if (path.length() > LONGEST) throw new ImageException("a path is too long");
        if (path.indexOf('\0') >= 0) throw new ImageException("a path holds NUL");
        var parts = new ArrayList<String>();
        for (var part : path.split("/")) {
            if (part.isEmpty() || part.equals(".")) continue;
            if (part.equals("..")) throw new ImageException("a path that leads out: " + path);
            if (part.length() > LONGEST_PART / 4
                    && part.getBytes(StandardCharsets.UTF_8).length > LONGEST_PART)
                throw new ImageException("a name is too long in " + path);
            parts.add(part);
        }
        return parts;
    }
}
