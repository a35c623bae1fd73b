package dev.wrenn.control.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Secret;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class IdentityTest {
    private static final String KEY = "wrn_0123456789abcdef0123456789abcdef";
    private static final String HASH =
            "7f23061908fab366200e857e32e7f5259f4023520d33aa2d4ea68cefda16326c";

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.EPOCH);
    private final AtomicInteger lookups = new AtomicInteger();
    private final Principal principal =
            new Principal(
                    TeamId.random(),
                    Optional.of(Role.MEMBER),
                    UserId.random(),
                    "Ada",
                    false,
                    new Credential.Key(ApiKeyId.random(), "k", KeyScope.FULL));
    private Optional<ApiKeyStore.Key> stored = Optional.of(new ApiKeyStore.Key(HASH, principal));
    private final FakeSessionStore sessions = new FakeSessionStore();
    private final SessionTokens tokens = new SessionTokens(new Secret("x".repeat(32)), now::get);
    private final Authenticator authenticator =
            new Authenticator(
                    new ApiKeyStore() {
                        @Override
                        public Optional<Key> byHash(String hash) {
                            lookups.incrementAndGet();
                            return stored.filter(k -> k.hash().equals(hash));
                        }

                        @Override
                        public Optional<Principal> byId(ApiKeyId id) {
                            return stored.map(Key::principal);
                        }

                        @Override
                        public void touch(ApiKeyId id) {}
                    },
                    sessions,
                    tokens,
                    now::get);

    @Test
    void theHashAndPrefixAreThoseOfTheSpecification() {
        assertThat(ApiKeyText.hash(KEY)).isEqualTo(HASH);
        assertThat(ApiKeyText.prefix(KEY)).isEqualTo("wrn_012345");
        assertThat(ApiKeyText.valid(ApiKeyText.generate(new Random(1)))).isTrue();
        for (var bad :
                new String[] {"", KEY + "0", KEY.toUpperCase(java.util.Locale.ROOT), " " + KEY})
            assertThat(ApiKeyText.valid(bad)).as(bad).isFalse();
    }

    @Test
    void aGoodKeyIsTrustedForHalfASecondAndNoLonger() {
        assertThat(authenticator.key(KEY)).hasValue(principal);
        now.set(now.get().plusMillis(499));
        assertThat(authenticator.key(KEY)).hasValue(principal);
        assertThat(lookups).hasValue(1);
        stored = Optional.empty();
        now.set(now.get().plusMillis(1));
        assertThat(authenticator.key(KEY)).isEmpty();
        assertThat(lookups).hasValue(2);
    }

    @Test
    void aForgottenKeyIsLookedUpAtOnce() {
        assertThat(authenticator.key(KEY)).hasValue(principal);
        stored = Optional.empty();
        authenticator.forgetKeys();
        assertThat(authenticator.key(KEY)).isEmpty();
    }

    @Test
    void aMalformedKeyIsNotLookedUp() {
        assertThat(authenticator.key("x")).isEmpty();
        assertThat(lookups).hasValue(0);
    }

    @Test
    void aSessionIsAsGoodAsItsRow() {
        var user = UserId.random();
        var session = java.util.UUID.randomUUID();
        var token = token(session, user);
        assertThat(authenticator.session(token)).isInstanceOf(Authenticator.Session.Invalid.class);
        sessions.begin(session, user);
        var valid = (Authenticator.Session.Valid) authenticator.session(token);
        assertThat(valid.principal().user()).isEqualTo(user);
        assertThat(authenticator.again(valid.principal())).isPresent();
        sessions.active = false;
        assertThat(authenticator.session(token))
                .isInstanceOf(Authenticator.Session.Deactivated.class);
        assertThat(authenticator.again(valid.principal())).isEmpty();
        sessions.active = true;
        sessions.end(session);
        assertThat(authenticator.session(token)).isInstanceOf(Authenticator.Session.Invalid.class);
    }

    private String token(java.util.UUID session, UserId user) {
        return tokens.issue(
                new SessionTokens.Claims(session, user, principal.team()),
                new SessionTokens.Hints("a@b.c", "Ada", Optional.of(Role.OWNER), false));
    }

    @Test
    void aPasswordIsCheckedAlsoWhereThereIsNone() {
        var passwords = new Passwords(new Random(3), 1);
        assertThat(passwords.matches("no account has this one", Optional.empty())).isFalse();
        var stored = passwords.hash("correct horse");
        assertThat(passwords.matches("correct horse", Optional.of(stored))).isTrue();
        assertThat(passwords.matches("wrong horse", Optional.of(stored))).isFalse();
        assertThat(Passwords.acceptable("1234567")).isFalse();
        assertThat(Passwords.acceptable("12345678")).isTrue();
        assertThat(Passwords.acceptable("x".repeat(1025))).isFalse();
    }

    @Test
    void passwordsMatchThemselvesOnly() {
        var stored = PasswordHash.of("correct horse", new Random(1));
        assertThat(stored).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
        assertThat(PasswordHash.matches("correct horse", stored)).isTrue();
        assertThat(PasswordHash.matches("correct horsf", stored)).isFalse();
        assertThat(PasswordHash.matches("correct horse", "nonsense")).isFalse();
        assertThat(PasswordHash.of("correct horse", new Random(2))).isNotEqualTo(stored);
        // Nobody's: the same parameters and lengths, so that it costs the same to try.
        var none = PasswordHash.ofNone(new Random(1));
        assertThat(none)
                .hasSameSizeAs(stored)
                .startsWith(stored.substring(0, stored.lastIndexOf('$')));
        assertThat(PasswordHash.matches("correct horse", none)).isFalse();
    }
}
