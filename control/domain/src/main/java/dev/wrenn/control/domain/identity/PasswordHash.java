package dev.wrenn.control.domain.identity;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.bouncycastle.crypto.generators.Argon2BytesGenerator;
import org.bouncycastle.crypto.params.Argon2Parameters;

/// Argon2id hashes in the usual `$argon2id$v=19$m=…,t=…,p=…$salt$hash` form. A hash takes some 30
/// ms and 19 MiB (the OWASP minimum): see [Passwords]. Thread-safe.
public final class PasswordHash {
    private static final int MEMORY_KIB = 19_456;
    private static final int ITERATIONS = 2;
    private static final int LANES = 1;
    private static final int SALT_BYTES = 16;
    private static final int HASH_BYTES = 32;
    private static final Pattern FORM =
            Pattern.compile(
                    "\\$argon2id\\$v=19\\$m=(\\d{1,7}),t=(\\d{1,2}),p=(\\d{1,2})"
                            + "\\$([A-Za-z0-9+/]+)\\$([A-Za-z0-9+/]+)");

    private PasswordHash() {}

    /// A new hash with a random salt.
    ///
    /// @param random cryptographically strong
    public static String of(String password, RandomGenerator random) {
        var salt = bytes(SALT_BYTES, random);
        return text(salt, derive(password, salt, MEMORY_KIB, ITERATIONS, LANES, HASH_BYTES));
    }

    /// A text of the same form that no password is known for: to hold a password against it takes
    /// as long as against any other, to make it takes nothing.
    ///
    /// @param random cryptographically strong
    static String ofNone(RandomGenerator random) {
        return text(bytes(SALT_BYTES, random), bytes(HASH_BYTES, random));
    }

    private static byte[] bytes(int count, RandomGenerator random) {
        var bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    private static String text(byte[] salt, byte[] hash) {
        var base64 = Base64.getEncoder().withoutPadding();
        return "$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s"
                .formatted(
                        MEMORY_KIB,
                        ITERATIONS,
                        LANES,
                        base64.encodeToString(salt),
                        base64.encodeToString(hash));
    }

    /// @return false also for a stored text that is not of this form
    public static boolean matches(String password, String stored) {
        var match = FORM.matcher(stored);
        if (!match.matches()) return false;
        var salt = Base64.getDecoder().decode(match.group(4));
        var hash = Base64.getDecoder().decode(match.group(5));
        var given =
                derive(
                        password,
                        salt,
                        Integer.parseInt(match.group(1)),
                        Integer.parseInt(match.group(2)),
                        Integer.parseInt(match.group(3)),
                        hash.length);
        return MessageDigest.isEqual(given, hash);
    }

    private static byte[] derive(
            String password, byte[] salt, int memoryKib, int iterations, int lanes, int length) {
        var parameters =
                new Argon2Parameters.Builder(Argon2Parameters.ARGON2_id)
                        .withVersion(Argon2Parameters.ARGON2_VERSION_13)
                        .withMemoryAsKB(memoryKib)
                        .withIterations(iterations)
                        .withParallelism(lanes)
                        .withSalt(salt)
                        .build();
        var result = new byte[length];
        var generator = new Argon2BytesGenerator();
        generator.init(parameters);
        generator.generateBytes(password.getBytes(StandardCharsets.UTF_8), result);
        return result;
    }
}
