package dev.wrenn.control.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Reads the mails that control planes under test have written to files.
final class Mails {
    private static final Pattern TOKEN = Pattern.compile("token=3D([0-9a-f=\r\n]+)");

    private Mails() {}

    static Path directory() {
        try {
            return Files.createTempDirectory("mails");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Those to this address with this word in their head.
    static List<String> to(String address, String subject) {
        var all = new ArrayList<String>();
        try (var files = Files.list(Stack.MAILS)) {
            for (var file : files.sorted().toList()) {
                if (!file.toString().endsWith(".eml")) continue;
                var text = Files.readString(file);
                if (text.contains("To: " + address) && text.contains(subject)) all.add(text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    /// The token of the newest mail, once there are this many.
    static String token(String address, String subject, int count) {
        Stack.await(Duration.ofSeconds(20), () -> to(address, subject).size() >= count);
        var match = TOKEN.matcher(to(address, subject).getLast());
        if (!match.find()) {
            var plain =
                    Pattern.compile("token=([0-9a-f]{32})").matcher(to(address, subject).getLast());
            if (!plain.find()) throw new AssertionError("no token in the mail");
            return plain.group(1);
        }
        return match.group(1).replaceAll("=?[\r\n]+", "").substring(0, 32);
    }
}
