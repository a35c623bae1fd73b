package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.runtime.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// Seals what channels are configured with: AES-256-GCM, each value on its own and bound to its
/// channel and name. A sealed value is `k1:` + the id of the key + `:` + base64 of nonce,
/// ciphertext and tag; without the prefix it is an older one, bound to nothing. Thread-safe.
public final class Seals {
    private static final Pattern KEY = Pattern.compile("[0-9a-fA-F]{64}");
    private static final String FORM = "k1:";
    private static final String ALGORITHM = "AES/GCM/NoPadding";
    private static final int NONCE = 12; // bytes, NIST SP 800-38D
    private static final int TAG = 128; // bits
    private static final int ID_DIGITS = 8;

    private final RandomGenerator random;
    private final String current;
    private final Map<String, SecretKeySpec> keys = new LinkedHashMap<>();

    /// A value that none of the keys opens.
    public static final class BrokenException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokenException(Throwable cause) {
            super("not sealed with a key that is known", cause);
        }
    }

    /// @param key 64 hexadecimal digits; seals
    /// @param earlier keys that only open
    /// @param random cryptographically strong
    /// @throws IllegalArgumentException for a key of another form
    public Seals(Secret key, List<Secret> earlier, RandomGenerator random) {
        this.random = random;
        this.current = add(key);
        earlier.forEach(this::add);
    }

    private String add(Secret key) {
        if (!KEY.matcher(key.reveal()).matches())
            throw new IllegalArgumentException("expected 64 hexadecimal digits");
        var bytes = HexFormat.of().parseHex(key.reveal());
        var id = id(bytes);
        keys.putIfAbsent(id, new SecretKeySpec(bytes, "AES"));
        return id;
    }

    /// The beginning of a sum of the key, which tells nothing else of it.
    private static String id(byte[] key) {
        try {
            var sum = MessageDigest.getInstance("SHA-256").digest(key);
            return HexFormat.of().formatHex(sum).substring(0, ID_DIGITS);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }

    /// Seals every value.
    public Map<String, String> seal(ChannelId channel, Map<String, String> config) {
        var sealed = new LinkedHashMap<String, String>();
        config.forEach((name, value) -> sealed.put(name, seal(channel, name, value)));
        return sealed;
    }

    private String seal(ChannelId channel, String name, String value) {
        var nonce = new byte[NONCE];
        random.nextBytes(nonce);
        try {
            var cipher = cipher(Cipher.ENCRYPT_MODE, current, nonce);
            cipher.updateAAD(bound(channel, name));
            var text = cipher.doFinal(value.getBytes(StandardCharsets.UTF_8));
            var all = Arrays.copyOf(nonce, NONCE + text.length);
            System.arraycopy(text, 0, all, NONCE, text.length);
            return FORM + current + ":" + Base64.getEncoder().encodeToString(all);
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }

    private Cipher cipher(int mode, String key, byte[] nonce) throws GeneralSecurityException {
        var cipher = Cipher.getInstance(ALGORITHM);
        cipher.init(mode, keys.get(key), new GCMParameterSpec(TAG, nonce));
        return cipher;
    }

    private static byte[] bound(ChannelId channel, String name) {
        return (channel + "/" + name).getBytes(StandardCharsets.UTF_8);
    }

    /// Opens every value.
    ///
    /// @throws BrokenException when one cannot be opened
    public Map<String, String> open(ChannelId channel, Map<String, String> sealed) {
        var config = new LinkedHashMap<String, String>();
        sealed.forEach((name, value) -> config.put(name, open(channel, name, value)));
        return config;
    }

    private String open(ChannelId channel, String name, String value) {
        if (!value.startsWith(FORM)) return openOlder(value);
        int end = value.indexOf(':', FORM.length());
        var key = value.substring(FORM.length(), Math.max(end, FORM.length()));
        if (!keys.containsKey(key)) throw new BrokenException(new IllegalStateException(key));
        try {
            var all = Base64.getDecoder().decode(value.substring(end + 1));
            return text(key, all, bound(channel, name));
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new BrokenException(e);
        }
    }

    private String openOlder(String value) {
        for (var key : keys.keySet()) {
            try {
                return text(key, Base64.getDecoder().decode(value), new byte[0]);
            } catch (GeneralSecurityException | RuntimeException e) {
                // another key may open it
            }
        }
        throw new BrokenException(new IllegalStateException("no key opens it"));
    }

    private String text(String key, byte[] all, byte[] bound) throws GeneralSecurityException {
        var cipher = cipher(Cipher.DECRYPT_MODE, key, Arrays.copyOf(all, NONCE));
        cipher.updateAAD(bound);
        return new String(cipher.doFinal(all, NONCE, all.length - NONCE), StandardCharsets.UTF_8);
    }

    /// Whether every value is sealed with the key that seals now.
    public boolean fresh(Map<String, String> sealed) {
        return sealed.values().stream().allMatch(v -> v.startsWith(FORM + current + ":"));
    }
}
