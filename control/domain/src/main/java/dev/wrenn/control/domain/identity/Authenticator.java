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

/// Turns an API key into a [Principal]. A key that was found good is not looked up again for 5 s,
/// so a revoked one dies within that time on every replica and at once on the one that revoked it.
/// Thread-safe.
public final class Authenticator {
    private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);
    private static final Duration TRUST = Duration.ofSeconds(5);
    private static final Duration TOUCH_EACH = Duration.ofMinutes(1);
    private static final int CACHE_LIMIT = 10_000;

    private final ApiKeyStore keys;
    private final InstantSource clock;
    private final ConcurrentHashMap<String, Known> known = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<ApiKeyId, Instant> touched = new ConcurrentHashMap<>();

    private record Known(ApiKeyStore.Key key, Instant until) {}

    public Authenticator(ApiKeyStore keys, InstantSource clock) {
        this.keys = keys;
        this.clock = clock;
    }

    /// @return empty for a key that is malformed, unknown or dead
    public Optional<Principal> authenticate(String apiKey) {
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
        touch(key.get().principal().key(), now);
        return check(key.get(), hash);
    }

    /// A key was revoked, or its team or creator changed: do not trust it any longer.
    public void forget(ApiKeyId id) {
        known.values().removeIf(k -> k.key.principal().key().equals(id));
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
