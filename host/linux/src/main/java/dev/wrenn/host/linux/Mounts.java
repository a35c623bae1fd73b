package dev.wrenn.host.linux;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Mounts as this process sees them, proc_pid_mountinfo(5).
public final class Mounts {
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    private Mounts() {}

    /// One mount.
    ///
    /// @param target where
    /// @param type of the file system: `xfs`
    /// @param source device, for example `/dev/loop0`
    public record Mount(Path target, String type, String source) {}

    /// All mounts, oldest first: of several at one place the last is the visible one.
    public static List<Mount> all() {
        try {
            return Files.readAllLines(MOUNTINFO, StandardCharsets.UTF_8).stream()
                    .map(Mounts::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The visible mount exactly at this place.
    public static Optional<Mount> at(Path target) {
        var absolute = target.toAbsolutePath().normalize();
        return all().stream()
                .filter(mount -> mount.target().equals(absolute))
                .reduce((_, last) -> last);
    }

    /// Reads `36 35 98:0 /root /target opts [tags…] - type source superopts`.
    static Mount parse(String line) {
        int split = line.indexOf(" - ");
        if (split < 0) throw new IllegalArgumentException("mountinfo: " + line);
        var left = line.substring(0, split).split(" ");
        var right = line.substring(split + 3).split(" ");
        return new Mount(Path.of(unescape(left[4])), right[0], unescape(right[1]));
    }

    /// The kernel writes space, tab, newline and backslash as three octal digits.
    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) return text;
        return text.replace("\\040", " ")
                .replace("\\011", "\t")
                .replace("\\012", "\n")
                .replace("\\134", "\\");
    }
}
