package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The newest part of a text that grows. Thread-safe.
final class Tail {
    private final int most;
    private String text = "";

    /// @param most characters kept
    Tail(int most) {
        this.most = most;
    }

    /// Adds to the text and returns what is kept of it.
    synchronized String append(String more) {
        var all = text + more;
        text = all.substring(Math.max(0, all.length() - most));
        return text;
    }

    /// The last bytes of a file; empty when it cannot be read.
    static String ofFile(Path file, int most) {
        try (var channel = FileChannel.open(file)) {
            var bytes = ByteBuffer.allocate(most);
            channel.position(Math.max(0, channel.size() - most));
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // until full or at the end
            }
            return StandardCharsets.UTF_8.decode(bytes.flip()).toString();
        } catch (IOException e) {
            return "";
        }
    }
}
