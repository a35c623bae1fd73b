package dev.wrenn.control.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SessionTokensTest {
    private static final String SECRET = "0123456789abcdef0123456789abcdef";

    private final AtomicReference<Instant> now =
            new AtomicReference<>(Instant.parse("2026-05-02T10:15:29Z"));
    private final SessionTokens tokens = new SessionTokens(new Secret(SECRET), now::get);
    private final SessionTokens.Claims claims =
            new SessionTokens.Claims(UUID.randomUUID(), UserId.random(), TeamId.random());

    private String issue() {
        return tokens.issue(
                claims,
                new SessionTokens.Hints("ada@example.org", "Ada", Optional.of(Role.ADMIN), true));
    }

    @Test
    void whatIsIssuedCanBeReadAndHoldsTheClaimsOfTheSpecification() throws Exception {
        assertThat(tokens.read(issue())).hasValue(claims);
        var set = SignedJWT.parse(issue()).getJWTClaimsSet();
        assertThat(set.getSubject()).isEqualTo(claims.user().toString());
        assertThat(set.getStringClaim("team_id")).isEqualTo(claims.team().toString());
        assertThat(set.getStringClaim("role")).isEqualTo("admin");
        assertThat(set.getStringClaim("email")).isEqualTo("ada@example.org");
        assertThat(set.getStringClaim("name")).isEqualTo("Ada");
        assertThat(set.getBooleanClaim("is_admin")).isTrue();
        assertThat(set.getExpirationTime().toInstant())
                .isEqualTo(now.get().plus(Duration.ofHours(6)));
    }

    @Test
    void itEndsAfterSixHours() {
        var token = issue();
        now.set(now.get().plus(Duration.ofHours(6)).minusSeconds(1));
        assertThat(tokens.read(token)).isPresent();
        now.set(now.get().plusSeconds(1));
        assertThat(tokens.read(token)).isEmpty();
    }

    @Test
    void anotherSecretAnotherAlgorithmAndAHostsTokenAreRefused() throws Exception {
        var other = new SessionTokens(new Secret(SECRET.replace('0', '1')), now::get);
        assertThat(other.read(issue())).isEmpty();
        var set = SignedJWT.parse(issue()).getJWTClaimsSet();
        assertThat(tokens.read(new PlainJWT(set).serialize())).isEmpty();
        var host = new JWTClaimsSet.Builder(set).claim("typ", "host").build();
        assertThat(tokens.read(signed(host))).isEmpty();
        assertThat(tokens.read(signed(set))).isPresent();
        for (var missing : new String[] {"sub", "team_id", "sid", "exp"})
            assertThat(tokens.read(signed(without(set, missing)))).as(missing).isEmpty();
        var odd = new JWTClaimsSet.Builder(set).claim("team_id", 7).build();
        assertThat(tokens.read(signed(odd))).isEmpty();
        var long64 = new SecretOf64(set).token();
        assertThat(tokens.read(long64)).as("HS512").isEmpty();
    }

    private record SecretOf64(JWTClaimsSet set) {
        String token() throws Exception {
            var jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS512), set);
            jwt.sign(new MACSigner(SECRET + SECRET));
            return jwt.serialize();
        }
    }

    private static JWTClaimsSet without(JWTClaimsSet set, String name) {
        var rest = new JWTClaimsSet.Builder();
        set.getClaims()
                .forEach((key, value) -> {
                    if (!key.equals(name)) rest.claim(key, value);
                });
        return rest.build();
    }

    private static String signed(JWTClaimsSet set) throws Exception {
        var jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), set);
        jwt.sign(new MACSigner(SECRET));
        return jwt.serialize();
    }

    @Test
    void aTokenWithOneChangedCharacterIsNotOurs() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var token = issue();
        int signature = token.lastIndexOf('.');
        for (int i = 0; i < 500; i++) {
            int at = random.nextInt(signature); // the last signature digit has unused bits
            char changed = (char) (33 + random.nextInt(94));
            if (token.charAt(at) == changed) continue;
            var bad = token.substring(0, at) + changed + token.substring(at + 1);
            assertThat(tokens.read(bad)).as("seed %d: %s", seed, bad).isEmpty();
        }
        assertThat(tokens.read("x".repeat(5000))).isEmpty();
        assertThat(tokens.read("")).isEmpty();
    }

    @Test
    void csrfBelongsToOneSession() {
        var text = tokens.csrf(claims.session());
        assertThat(tokens.csrfMatches(claims.session(), text)).isTrue();
        assertThat(tokens.csrfMatches(UUID.randomUUID(), text)).isFalse();
        assertThat(tokens.csrfMatches(claims.session(), "")).isFalse();
    }

    @Test
    void aShortSecretIsRefused() {
        assertThatThrownBy(() -> new SessionTokens(new Secret("short"), Instant::now))
                .hasMessageContaining("32")
                .hasMessageNotContaining("short");
    }
}
