package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.api.AttemptLimits;
import dev.wrenn.control.domain.identity.SessionTokens;
import dev.wrenn.control.notify.SmtpSink;
import dev.wrenn.control.outgoing.GitHub;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/// The settings of accounts, sessions and keys.
///
/// @param secret `JWT_SECRET`, or the file `WRENN_JWT_SECRET_FILE`; signs the tokens of users, the
///   same on every replica
/// @param publicUrl `WRENN_CP_PUBLIC_URL`: where browsers find this installation
/// @param passwordsAtOnce `WRENN_CP_PASSWORDS_AT_ONCE`: how many are hashed at a time
/// @param attempts `WRENN_CP_ATTEMPTS_PER_ADDRESS`, `WRENN_CP_ATTEMPTS_PER_ACCOUNT`,
///   `WRENN_CP_ATTEMPTS_WINDOW`: how often credentials may be tried; `WRENN_CP_BEHIND_PROXY`: 1
///   when a proxy in front tells the client's address
/// @param smtp `WRENN_CP_SMTP_URL`, `smtp://user@host:port` or `smtps://…`, with the password in
///   the file `WRENN_CP_SMTP_PASSWORD_FILE`
/// @param mailDirectory `WRENN_CP_MAIL_DIR`: where mails are written without a mail server
/// @param from `WRENN_CP_MAIL_FROM`: the sender
/// @param channels see [ChannelConfig]
/// @param gitHub `WRENN_CP_GITHUB_CLIENT_ID` and the file `WRENN_CP_GITHUB_CLIENT_SECRET_FILE`: off
///   without them; `WRENN_CP_GITHUB_URL`, `WRENN_CP_GITHUB_API_URL` of another server
public record IdentityConfig(
        Secret secret,
        URI publicUrl,
        int passwordsAtOnce,
        AttemptLimits attempts,
        Optional<SmtpSink.Server> smtp,
        Path mailDirectory,
        String from,
        ChannelConfig channels,
        Optional<GitHub.Settings> gitHub) {
    private static final int PASSWORDS_AT_ONCE = 4; // 19 MiB each
    private static final int SMTP_PORT = 587; // RFC 6409
    private static final int SMTPS_PORT = 465; // RFC 8314
    private static final String FROM = "wrenn@localhost";

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
                env.integer("WRENN_CP_PASSWORDS_AT_ONCE", PASSWORDS_AT_ONCE, 1, 256),
                new AttemptLimits(
                        env.integer(
                                "WRENN_CP_ATTEMPTS_PER_ADDRESS", normal.perAddress(), 1, 1_000_000),
                        env.integer(
                                "WRENN_CP_ATTEMPTS_PER_ACCOUNT", normal.perAccount(), 1, 1_000_000),
                        env.duration("WRENN_CP_ATTEMPTS_WINDOW", normal.window()),
                        env.integer("WRENN_CP_BEHIND_PROXY", 0, 0, 1) == 1),
                smtp(env),
                env.path("WRENN_CP_MAIL_DIR", Path.of("mail")),
                env.text("WRENN_CP_MAIL_FROM", FROM),
                ChannelConfig.of(env),
                gitHub(env));
    }

    private static Optional<SmtpSink.Server> smtp(Env env) {
        var password =
                env.optional("WRENN_CP_SMTP_PASSWORD_FILE")
                        .map(_ -> ControlConfig.secret(env, "CP_SMTP_PASSWORD_FILE").orElseThrow());
        var from = env.text("WRENN_CP_MAIL_FROM", FROM);
        return env.optional("WRENN_CP_SMTP_URL").map(text -> smtp(text, password, from));
    }

    private static SmtpSink.Server smtp(String text, Optional<Secret> password, String from) {
        try {
            var url = URI.create(text);
            boolean tls = "smtps".equals(url.getScheme());
            var login = Optional.ofNullable(url.getUserInfo());
            boolean known = tls || "smtp".equals(url.getScheme());
            if (known && url.getHost() != null && !login.orElse("").contains(":"))
                return new SmtpSink.Server(
                        tls,
                        url.getHost(),
                        url.getPort() > 0 ? url.getPort() : tls ? SMTPS_PORT : SMTP_PORT,
                        login,
                        password,
                        from);
        } catch (IllegalArgumentException e) {
            // answered below; the text is not repeated, it may hold a password
        }
        throw new ConfigException(
                "WRENN_CP_SMTP_URL: not usable (expected: smtp://user@host:port or smtps://…)");
    }

    private static Optional<GitHub.Settings> gitHub(Env env) {
        var site = URI.create(env.text("WRENN_CP_GITHUB_URL", "https://github.com"));
        var api = URI.create(env.text("WRENN_CP_GITHUB_API_URL", "https://api.github.com"));
        var secret = ControlConfig.secret(env, "CP_GITHUB_CLIENT_SECRET_FILE");
        return env.optional("WRENN_CP_GITHUB_CLIENT_ID")
                .map(id ->
                        new GitHub.Settings(
                                id,
                                secret.orElseThrow(() ->
                                        new ConfigException(
                                                "WRENN_CP_GITHUB_CLIENT_SECRET_FILE: not set")),
                                site,
                                api));
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
