package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.api.AttemptLimits;
import dev.wrenn.control.domain.identity.SessionTokens;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/// The settings of accounts, sessions and keys.
///
/// @param secret `JWT_SECRET`, or the file `WRENN_JWT_SECRET_FILE`; signs the tokens of users, the
///   same on every replica
/// @param publicUrl `WRENN_CP_PUBLIC_URL`: where browsers find this installation
/// @param passwordsAtOnce `WRENN_CP_PASSWORDS_AT_ONCE`: how many are hashed at a time
/// @param attempts `WRENN_CP_ATTEMPTS_PER_ADDRESS`, `WRENN_CP_ATTEMPTS_PER_ACCOUNT`,
///   `WRENN_CP_ATTEMPTS_WINDOW`: how often credentials may be tried
public record IdentityConfig(
        Secret secret, URI publicUrl, int passwordsAtOnce, AttemptLimits attempts) {
    private static final int LOWEST_MEMORY_BOUND = 4; // 19 MiB each

    public IdentityConfig {
        if (secret.reveal().getBytes(StandardCharsets.UTF_8).length < SessionTokens.SECRET_BYTES)
            throw new ConfigException("JWT_SECRET: too short (expected: at least 32 bytes)");
    }

    /// @throws ConfigException naming the first variable that is wrong
    static IdentityConfig of(Env env) {
        var normal = AttemptLimits.DEFAULT;
        return new IdentityConfig(
                ControlConfig.secret(env, "JWT_SECRET_FILE")
                        .or(() -> env.optional("JWT_SECRET").map(Secret::new))
                        .orElseThrow(() -> new ConfigException("JWT_SECRET: not set")),
                url(env.text("WRENN_CP_PUBLIC_URL", "http://localhost:8080")),
                env.integer("WRENN_CP_PASSWORDS_AT_ONCE", LOWEST_MEMORY_BOUND, 1, 256),
                new AttemptLimits(
                        env.integer(
                                "WRENN_CP_ATTEMPTS_PER_ADDRESS", normal.perAddress(), 1, 1_000_000),
                        env.integer(
                                "WRENN_CP_ATTEMPTS_PER_ACCOUNT", normal.perAccount(), 1, 1_000_000),
                        env.duration("WRENN_CP_ATTEMPTS_WINDOW", normal.window())));
    }

    private static URI url(String text) {
        try {
            var url = URI.create(text.replaceFirst("/+$", ""));
            boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (web && url.getHost() != null) return url;
        } catch (IllegalArgumentException e) {
            // answered below with everything else that is not an address
        }
        throw new ConfigException(
                "WRENN_CP_PUBLIC_URL: " + text + " (expected: http://HOST or https://HOST)");
    }

    /// Browsers may send the session's cookie by TLS only.
    boolean secureCookies() {
        return "https".equals(publicUrl.getScheme());
    }
}
