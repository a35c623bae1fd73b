package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Message;
import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.json.JsonMapper;

/// A program that takes events, signed so that it can trust them.
record Webhook(InstantSource clock) implements Provider {
    private static final String HMAC = "HmacSHA256";
    private static final Pattern SECRET = Pattern.compile("[\\x21-\\x7e]{16,256}");

    @Override
    public String wire() {
        return "webhook";
    }

    @Override
    public Set<String> required() {
        return Set.of("url");
    }

    @Override
    public Set<String> optional() {
        return Set.of("secret");
    }

    /// Whether plain http may be used is up to the operator: see [SafeCourier].
    @Override
    public Optional<String> problem(Map<String, String> config) {
        try {
            var url = URI.create(config.getOrDefault("url", ""));
            boolean web = "https".equals(url.getScheme()) || "http".equals(url.getScheme());
            if (!web || url.getHost() == null || url.getUserInfo() != null)
                return Optional.of("url: expected https://HOST/…");
        } catch (IllegalArgumentException e) {
            return Optional.of("url: expected https://HOST/…");
        }
        if (!SECRET.matcher(config.getOrDefault("secret", "")).matches())
            return Optional.of("secret: expected 16 to 256 visible ASCII characters");
        return Optional.empty();
    }

    @Override
    public Request request(Map<String, String> config, Message message) {
        var body = JsonMapper.shared().writeValueAsString(message.envelope());
        var timestamp = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        return new Request(
                "POST",
                URI.create(config.getOrDefault("url", "")),
                Map.of(
                        "X-WRENN-SIGNATURE",
                        signature(config.getOrDefault("secret", ""), timestamp, body),
                        "X-Wrenn-Timestamp",
                        timestamp,
                        "X-Wrenn-Delivery",
                        message.delivery().toString()),
                body);
    }

    /// Of the time, a dot and the body, with the letters of the secret as they are shown.
    static String signature(String secret, String timestamp, String body) {
        try {
            var mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), HMAC));
            var text = (timestamp + "." + body).getBytes(StandardCharsets.UTF_8);
            return "sha256=" + HexFormat.of().formatHex(mac.doFinal(text));
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }
}
