package dev.wrenn.control.domain.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The tokens of users: JWTs signed by HMAC-SHA256 (RFC 7519), for 6 h. They say which session,
/// user and team are meant; what that allows is read from the database. Thread-safe.
public final class SessionTokens {
    /// How long a token is good for.
    public static final Duration LIFETIME = Duration.ofHours(6);

    /// The least that the algorithm takes (RFC 7518, 3.2).
    public static final int SECRET_BYTES = 32;

    private static final String HMAC = "HmacSHA256";
    private static final int LONGEST = 4096;

    private final byte[] secret;
    private final InstantSource clock;

    /// What a token says.
    public record Claims(UUID session, UserId user, TeamId team) {}

    /// What else clients may read in it.
    ///
    /// @param role a hint only
    public record Hints(String email, String name, Optional<Role> role, boolean platformAdmin) {}

    /// @param secret of at least 32 bytes
    public SessionTokens(Secret secret, InstantSource clock) {
        this.secret = secret.reveal().getBytes(StandardCharsets.UTF_8);
        this.clock = clock;
        if (this.secret.length < SECRET_BYTES)
            throw new IllegalArgumentException("secret: expected at least 32 bytes");
    }

    /// When a token that is made now ends.
    public Instant expiry() {
        return clock.instant().plus(LIFETIME);
    }

    /// A new token.
    public String issue(Claims claims, Hints hints) {
        var set =
                new JWTClaimsSet.Builder()
                        .subject(claims.user().toString())
                        .claim("team_id", claims.team().toString())
                        .claim("sid", claims.session().toString())
                        .claim("email", hints.email())
                        .claim("name", hints.name())
                        .issueTime(Date.from(clock.instant()))
                        .expirationTime(Date.from(expiry()));
        hints.role().ifPresent(role -> set.claim("role", role.wire()));
        if (hints.platformAdmin()) set.claim("is_admin", true);
        return SignedClaims.sign(set.build(), secret);
    }

    /// @return empty for a token that is malformed, not ours, of a host, or expired
    public Optional<Claims> read(String token) {
        if (token.length() > LONGEST) return Optional.empty();
        try {
            var claims = SignedClaims.verified(token, secret);
            return claims.isPresent() ? claims(claims.get()) : Optional.empty();
        } catch (ParseException | InvalidIdException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<Claims> claims(JWTClaimsSet set) throws ParseException {
        var expires = set.getExpirationTime();
        var session = set.getStringClaim("sid");
        var team = set.getStringClaim("team_id");
        var user = set.getSubject();
        if (expires == null || session == null || team == null || user == null)
            return Optional.empty();
        if (!clock.instant().isBefore(expires.toInstant())) return Optional.empty();
        if ("host".equals(set.getClaim("typ"))) return Optional.empty();
        return Optional.of(
                new Claims(UUID.fromString(session), UserId.parse(user), TeamId.parse(team)));
    }

    /// What a browser must repeat in a header beside its cookie: a page of another site can make it
    /// send the cookie, but cannot read this.
    public String csrf(UUID session) {
        return sign("csrf:" + session);
    }

    /// What proves later that a text came from here: HMAC-SHA256 in hexadecimal digits.
    public String sign(String text) {
        try {
            var mac = Mac.getInstance(HMAC);
            mac.init(new SecretKeySpec(secret, HMAC));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new AssertionError(e); // every Java platform has it
        }
    }

    /// Compares in constant time.
    public boolean signed(String text, String proof) {
        return MessageDigest.isEqual(
                sign(text).getBytes(StandardCharsets.UTF_8),
                proof.getBytes(StandardCharsets.UTF_8));
    }

    /// Compares in constant time.
    public boolean csrfMatches(UUID session, String given) {
        return MessageDigest.isEqual(
                csrf(session).getBytes(StandardCharsets.UTF_8),
                given.getBytes(StandardCharsets.UTF_8));
    }
}
