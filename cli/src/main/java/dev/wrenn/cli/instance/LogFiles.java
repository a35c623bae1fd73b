package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Log files that children append to: bounded in size, and quoted when something fails.
final class LogFiles {
    /// Beyond this a file is put aside as `.1`; so a part keeps at most twice as much.
    static final long LIMIT_BYTES = 16L << 20;

    private static final int TAIL_BYTES = 8 * 1024;
    private static final int TAIL_LINES = 3;
    private static final Pattern TRACE = Pattern.compile("\\s+(at |\\.\\.\\. \\d)");

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

    /// The last lines that say something, for a sentence: `its log … ends with: …`. Of JSON lines
    /// only the message, of stack traces only the heads.
    static String tail(Path log) {
        try (var file = new RandomAccessFile(log.toFile(), "r")) {
            long from = Math.max(0, file.length() - TAIL_BYTES);
            file.seek(from);
            var bytes = new byte[(int) (file.length() - from)];
            file.readFully(bytes);
            var lines =
                    new String(bytes, UTF_8)
                            .lines()
                            .filter(l -> !l.isBlank() && !TRACE.matcher(l).lookingAt())
                            .map(LogFiles::message)
                            .toList();
            if (lines.isEmpty()) return "its log is empty: " + log;
            var last = lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size());
            return "its log " + log + " ends with: " + String.join(" | ", last);
        } catch (IOException e) {
            return "its log cannot be read: " + log;
        }
    }

    private static String message(String line) {
        if (!line.startsWith("{")) return line;
        try {
            var json = JsonMapper.shared().readTree(line);
            var said = new StringBuilder(json.path("message").asString(line));
            for (var pair : json.path("kvpList"))
                for (var value : pair.properties())
                    said.append(", ")
                            .append(value.getKey())
                            .append(": ")
                            .append(value.getValue().asString());
            for (var cause = json.path("throwable"); cause.isObject(); cause = cause.path("cause"))
                said.append(": ").append(cause.path("message").asString(""));
            return said.toString();
        } catch (JacksonException e) {
            return line; // cut off at its start, or not JSON after all
        }
    }
}
