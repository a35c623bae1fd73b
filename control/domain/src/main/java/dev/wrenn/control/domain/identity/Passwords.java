package dev.wrenn.control.domain.identity;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// Makes and checks password hashes, few at a time: each takes 19 MiB and a core for some 30 ms.
/// Thread-safe.
public final class Passwords {
    /// Characters of a password.
    public static final int SHORTEST = 8;

    /// A bound on the work of hashing; far above what anybody types.
    public static final int LONGEST = 1024;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final RandomGenerator random;
    private final Semaphore atOnce;
    private final String nobody;

    /// More wait for a hash than are worth waiting for.
    public static final class BusyException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BusyException() {
            super("too many passwords to check", null, false, false);
        }
    }

    /// @param random cryptographically strong
    /// @param atOnce how many hashes are computed at a time
    public Passwords(RandomGenerator random, int atOnce) {
        this.random = random;
        this.atOnce = new Semaphore(atOnce, true);
        this.nobody = PasswordHash.ofNone(random);
    }

    /// True for a text that may become a password.
    public static boolean acceptable(String password) {
        return password.length() >= SHORTEST && password.length() <= LONGEST;
    }

    /// @throws BusyException when it would take too long
    public String hash(String password) {
        enter();
        try {
            return PasswordHash.of(password, random);
        } finally {
            atOnce.release();
        }
    }

    /// Takes as long for an account without a password, or without an account at all, as for one
    /// with a password.
    ///
    /// @param stored empty: there is nothing to match
    /// @throws BusyException when it would take too long
    public boolean matches(String password, Optional<String> stored) {
        enter();
        try {
            boolean same = PasswordHash.matches(password, stored.orElse(nobody));
            return same && stored.isPresent();
        } finally {
            atOnce.release();
        }
    }

    private void enter() {
        try {
            if (atOnce.tryAcquire(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new BusyException();
    }
}
