package dev.wrenn.control.api;

import dev.wrenn.control.domain.identity.Principal;
import io.github.bucket4j.Bandwidth;
import io.github.bucket4j.Bucket;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;

/// Bounds how often credentials may be tried: per address of the client and per account, apart for
/// each kind of attempt. Counted by each control plane for itself. Thread-safe.
final class Throttle {
    private static final int MOST = 100_000;

    private final AttemptLimits limits;
    private final ConcurrentHashMap<Key, Bucket> buckets = new ConcurrentHashMap<>();

    /// What is attempted.
    enum Kind {
        LOGIN,
        SIGNUP,
        ACTIVATE,
        RESET,
        PASSWORD,
        SEARCH,
        TEST_CHANNEL,
        /// Attempts to end something that were refused and are written down.
        REFUSED,
        HOST
    }

    private record Key(Kind kind, boolean account, String who) {}

    Throttle(AttemptLimits limits) {
        this.limits = limits;
    }

    /// Counts an attempt from an address.
    ///
    /// @throws ApiException 429 with `Retry-After`
    void address(Kind kind, Call call) {
        take(new Key(kind, false, call.address(limits.behindProxy())), limits.perAddress());
    }

    /// Counts an attempt on an account.
    ///
    /// @param account the e-mail address in its normal form, or an id
    /// @throws ApiException 429 with `Retry-After`
    void account(Kind kind, String account) {
        take(new Key(kind, true, account), limits.perAccount());
    }

    /// Counts what somebody who signed in does and others must not do without end.
    ///
    /// @throws ApiException 429 with `Retry-After`
    void user(Kind kind, Principal who) {
        take(new Key(kind, false, who.user().toString()), limits.perAddress());
    }

    /// Counts the same without refusing anything.
    ///
    /// @return false when it is too much
    boolean allows(Kind kind, Principal who) {
        return bucket(new Key(kind, false, who.user().toString()), limits.perAddress())
                .tryConsume(1);
    }

    /// The attempt was a good one: it does not count.
    void forgive(Kind kind, String account) {
        var bucket = buckets.get(new Key(kind, true, account));
        if (bucket != null) bucket.addTokens(1);
    }

    private void take(Key key, int limit) {
        var probe = bucket(key, limit).tryConsumeAndReturnRemaining(1);
        if (!probe.isConsumed())
            throw ApiException.tooMany(Duration.ofNanos(probe.getNanosToWaitForRefill()));
    }

    private Bucket bucket(Key key, int limit) {
        if (buckets.size() >= MOST) makeRoom();
        return buckets.computeIfAbsent(key, _ -> bucket(limit, limits.window()));
    }

    /// Forgets full buckets, which say nothing; with too many others, all: an attacker with that
    /// many addresses is not stopped by counting them.
    private void makeRoom() {
        buckets.entrySet()
                .removeIf(e ->
                        e.getValue().getAvailableTokens()
                                >= (e.getKey().account()
                                        ? limits.perAccount()
                                        : limits.perAddress()));
        if (buckets.size() >= MOST) buckets.clear();
    }

    private static Bucket bucket(int limit, Duration window) {
        return Bucket.builder()
                .addLimit(Bandwidth.builder().capacity(limit).refillGreedy(limit, window).build())
                .build();
    }
}
