package dev.wrenn.control.domain.fleet;

import com.nimbusds.jwt.JWTClaimsSet;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.identity.SignedClaims;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import java.util.UUID;

/// The tokens that agents show with their heartbeats: JWTs signed by HMAC-SHA256 (RFC 7519), for
/// seven days. Each belongs to one refresh token and dies with it. Thread-safe.
public final class HostTokens {
    /// How long a token is good for.
    public static final Duration LIFETIME = Duration.ofDays(7);

    /// By how much the clocks of two control planes may differ.
    public static final Duration SKEW = Duration.ofMinutes(5);

    private static final String KIND = "host";
    private static final int LONGEST = 4096;

    private final byte[] secret;
    private final InstantSource clock;

    /// What a token says.
    ///
    /// @param refresh the refresh token that it came with
    public record Claims(HostId host, UUID refresh) {}

    /// @param secret of at least 32 bytes
    public HostTokens(Secret secret, InstantSource clock) {
        this.secret = secret.reveal().getBytes(StandardCharsets.UTF_8);
        this.clock = clock;
    }

    /// A new token.
    public Secret issue(HostId host, UUID refresh) {
        var now = clock.instant();
        var claims =
                new JWTClaimsSet.Builder()
                        .subject(host.toString())
                        .claim("typ", KIND)
                        .claim("host_id", host.toString())
                        .jwtID(refresh.toString())
                        .issueTime(Date.from(now))
                        .expirationTime(Date.from(now.plus(LIFETIME)))
                        .build();
        return new Secret(SignedClaims.sign(claims, secret));
    }

    /// @return empty for a token that is malformed, not ours, of a user, or expired
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
        var host = set.getStringClaim("host_id");
        var refresh = set.getJWTID();
        if (expires == null || host == null || refresh == null) return Optional.empty();
        if (!KIND.equals(set.getClaim("typ"))) return Optional.empty();
        if (!clock.instant().isBefore(expires.toInstant().plus(SKEW))) return Optional.empty();
        return Optional.of(new Claims(HostId.parse(host), UUID.fromString(refresh)));
    }
}
