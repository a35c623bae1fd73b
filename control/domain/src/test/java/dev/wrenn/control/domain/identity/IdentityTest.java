package dev.wrenn.control.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
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
            new Principal(TeamId.random(), UserId.random(), ApiKeyId.random());
    private Optional<ApiKeyStore.Key> stored = Optional.of(new ApiKeyStore.Key(HASH, principal));
    private final Authenticator authenticator =
            new Authenticator(
                    new ApiKeyStore() {
                        @Override
                        public Optional<Key> byHash(String hash) {
                            lookups.incrementAndGet();
                            return stored.filter(k -> k.hash().equals(hash));
                        }

                        @Override
                        public void touch(ApiKeyId id) {}
                    },
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
    void aGoodKeyIsTrustedForFiveSecondsAndNoLonger() {
        assertThat(authenticator.authenticate(KEY)).hasValue(principal);
        now.set(now.get().plusMillis(4_999));
        assertThat(authenticator.authenticate(KEY)).hasValue(principal);
        assertThat(lookups).hasValue(1);
        stored = Optional.empty();
        now.set(now.get().plusMillis(1));
        assertThat(authenticator.authenticate(KEY)).isEmpty();
        assertThat(lookups).hasValue(2);
    }

    @Test
    void aForgottenKeyIsLookedUpAtOnce() {
        assertThat(authenticator.authenticate(KEY)).hasValue(principal);
        stored = Optional.empty();
        authenticator.forget(principal.key());
        assertThat(authenticator.authenticate(KEY)).isEmpty();
    }

    @Test
    void aMalformedKeyIsNotLookedUp() {
        assertThat(authenticator.authenticate("x")).isEmpty();
        assertThat(lookups).hasValue(0);
    }

    @Test
    void passwordsMatchThemselvesOnly() {
        var stored = PasswordHash.of("correct horse", new Random(1));
        assertThat(stored).startsWith("$argon2id$v=19$m=19456,t=2,p=1$");
        assertThat(PasswordHash.matches("correct horse", stored)).isTrue();
        assertThat(PasswordHash.matches("correct horsf", stored)).isFalse();
        assertThat(PasswordHash.matches("correct horse", "nonsense")).isFalse();
        assertThat(PasswordHash.of("correct horse", new Random(2))).isNotEqualTo(stored);
    }
}
