package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/// Passwords of an instance: made once, kept in files of mode 0600.
final class Secrets {
    private static final int BYTES = 24; // 192 bits, 32 characters

    private final Path directory;
    private final SecureRandom random;

    Secrets(Path directory, SecureRandom random) {
        this.directory = directory;
        this.random = random;
    }

    Path file(String name) {
        return directory.resolve(name);
    }

    /// The secret of this name; letters, digits, `-` and `_`.
    String of(String name) throws IOException {
        try {
            var known = Files.readString(file(name), US_ASCII).strip();
            if (!known.isEmpty()) return known;
        } catch (NoSuchFileException e) {
            // the first time
        }
        var bytes = new byte[BYTES];
        random.nextBytes(bytes);
        var fresh = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        AtomicFiles.write(file(name), (fresh + "\n").getBytes(US_ASCII));
        return fresh;
    }
}
