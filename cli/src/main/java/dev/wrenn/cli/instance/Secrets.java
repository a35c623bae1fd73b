package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.function.Function;

/// Passwords of an instance: made once, kept in files of mode 0600.
final class Secrets {
    private static final int BYTES = 24; // 192 bits, 32 characters
    private static final int KEY_BYTES = 32; // of AES-256

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
        return known(name, Base64.getUrlEncoder().withoutPadding()::encodeToString, BYTES);
    }

    /// The key of this name: 64 hexadecimal digits.
    String hexOf(String name) throws IOException {
        return known(name, HexFormat.of()::formatHex, KEY_BYTES);
    }

    private String known(String name, Function<byte[], String> text, int length)
            throws IOException {
        try {
            var known = Files.readString(file(name), US_ASCII).strip();
            if (!known.isEmpty()) return known;
        } catch (NoSuchFileException e) {
            // the first time
        }
        var bytes = new byte[length];
        random.nextBytes(bytes);
        var fresh = text.apply(bytes);
        AtomicFiles.write(file(name), (fresh + "\n").getBytes(US_ASCII));
        return fresh;
    }
}
