package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/// Log files that children append to: bounded in size, and quoted when something fails.
final class LogFiles {
    /// Beyond this a file is put aside as `.1`; so a part keeps at most twice as much.
    static final long LIMIT_BYTES = 16L << 20;

    private static final int TAIL_BYTES = 8 * 1024;
    private static final int TAIL_LINES = 3;

    private LogFiles() {}

    /// Puts every too large `*.log` aside. The file itself stays, because a child has it open for
    /// appending: its content is copied, then cut. Lines written in between are lost.
    static void rotate(Path directory, long limitBytes) throws IOException {
        try (var files = Files.newDirectoryStream(directory, "*.log")) {
            for (var file : files) {
                if (Files.size(file) <= limitBytes) continue;
                var old = file.resolveSibling(file.getFileName() + ".1");
                Files.copy(file, old, StandardCopyOption.REPLACE_EXISTING);
                try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(0);
                }
            }
        }
    }

    /// The last lines, for a sentence: `its log ends with: …`.
    static String tail(Path log) {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, file.length() - TAIL_BYTES);
            file.seek(from);
            var bytes = new byte[(int) (file.length() - from)];
            file.readFully(bytes);
            var lines = new String(bytes, UTF_8).lines().filter(l -> !l.isBlank()).toList();
            if (lines.isEmpty()) return "its log is empty: " + log;
            var last = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
            return "its log " + log + " ends with: " + String.join(" | ", last);
        } catch (IOException e) {
            return "its log cannot be read: " + log;
        }
    }
}
