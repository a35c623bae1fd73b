package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Turns credentials into a [Principal] by the database. A key that was found good is not looked up
/// again for half a second, and not even so long when a change is heard of: see [#forgetKeys()].
/// Sessions are looked up each time. Thread-safe.
public final class Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

    /// A change must count within a second on every replica, also when its notice is lost.
    private static final Duration TRUST = Duration.ofMillis(500);

    private static final Duration TOUCH_EACH = Duration.ofMinutes(1);
    private static final int CACHE_LIMIT = 10_000;

    private final ApiKeyStore keys;
    private final SessionStore sessions;
    private final SessionTokens tokens;
    private final InstantSource clock;
    private final ConcurrentHashMap<String, Known> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ApiKeyId, Instant> touched = new ConcurrentHashMap<>();

    private record Known(ApiKeyStore.Key key, Instant until) {}

    /// What a session's token is good for.
    public sealed interface Session {
        record Valid(Principal principal) implements Session {}

        /// Malformed, expired, ended, or of an unknown user.
        record Invalid() implements Session {}

        /// The account may not be used.
        record Deactivated() implements Session {}
    }

    public Authenticator(
            ApiKeyStore keys, SessionStore sessions, SessionTokens tokens, InstantSource clock) {
        this.keys = keys;
        this.sessions = sessions;
        this.tokens = tokens;
        this.clock = clock;
    }

    /// The session that a token stands for.
    public Session session(String token) {
        var claims = tokens.read(token);
        if (claims.isEmpty()) return new Session.Invalid();
        var said = claims.get();
        var found = sessions.find(said.session(), said.user(), said.team());
        if (found.isEmpty()) return new Session.Invalid();
        if (!found.get().active()) return new Session.Deactivated();
        return new Session.Valid(found.get().principal());
    }

    /// @return empty for a key that is malformed, unknown or dead
    public Optional<Principal> key(String apiKey) {
        if (!ApiKeyText.valid(apiKey)) return Optional.empty();
        var hash = ApiKeyText.hash(apiKey);
        var now = clock.instant();
        var cached = known.get(hash);
        if (cached != null && now.isBefore(cached.until)) return check(cached.key, hash);
        var key = keys.byHash(hash);
        if (key.isEmpty()) {
            known.remove(hash);
            return Optional.empty();
        }
        if (known.size() >= CACHE_LIMIT) known.clear();
        known.put(hash, new Known(key.get(), now.plus(TRUST)));
        if (key.get().principal().credential() instanceof Credential.Key(var id, _, _))
            touch(id, now);
        return check(key.get(), hash);
    }

    /// Asks again who a caller is that was let in earlier.
    ///
    /// @return empty when its credential is not good any more
    public Optional<Principal> again(Principal earlier) {
        return switch (earlier.credential()) {
            case Credential.Key(var id, _, _) -> keys.byId(id);
            case Credential.Session(var id) ->
                    sessions.find(id, earlier.user(), earlier.team())
                            .filter(SessionStore.Found::active)
                            .map(SessionStore.Found::principal);
        };
    }

    /// Something changed that keys depend on: look them up again.
    public void forgetKeys() {
        known.clear();
    }

    private static Optional<Principal> check(ApiKeyStore.Key key, String hash) {
        boolean same =
                MessageDigest.isEqual(
                        key.hash().getBytes(StandardCharsets.US_ASCII),
                        hash.getBytes(StandardCharsets.US_ASCII));
        return same ? Optional.of(key.principal()) : Optional.empty();
    }

    private void touch(ApiKeyId id, Instant now) {
        if (touched.size() >= CACHE_LIMIT) touched.clear();
        var last = touched.get(id);
        if (last != null && now.isBefore(last.plus(TOUCH_EACH))) return;
        touched.put(id, now);
        Thread.startVirtualThread(() -> {
            try {
                keys.touch(id);
            } catch (RuntimeException e) {
                LOG.atDebug().addKeyValue("key", id).setCause(e).log("use not noted");
            }
        });
    }
}
