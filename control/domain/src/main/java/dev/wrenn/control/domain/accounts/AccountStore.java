package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.AuditEntry;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.teams.Membership;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// Stored accounts. Each method is one transaction and writes what it changed to the audit trail;
/// thread-safe.
public interface AccountStore {
    Optional<Account> byEmail(String email);

    Optional<Account> byId(UserId id);

    /// The live team that a user begins in: the default one, else the one joined first, else a new
    /// one of this name.
    Membership home(UserId user, String newTeamName);

    /// @return empty unless the user is a member of this live team
    Optional<Membership> membership(UserId user, TeamId team);

    /// True for a team that exists and is not deleted.
    boolean teamLives(TeamId team);

    /// Begins a session, and writes that down.
    void beginSession(UUID session, UserId user, Instant expires, AuditEntry entry);

    /// Writes down what changes nothing, such as a refused attempt.
    void note(AuditEntry entry);

    /// What a mailed token is for.
    enum Purpose {
        ACTIVATION("activation"),
        RESET("reset"),
        /// Not mailed: the operator of the machine reads it.
        SIGN_IN("signin");

        private final String wire;

        Purpose(String wire) {
            this.wire = wire;
        }

        public String wire() {
            return wire;
        }
    }

    /// Stores an account that waits for its activation, in the place of an older one that waits.
    ///
    /// @param again when a waiting one may be replaced
    /// @return the one that has the address, when it is not replaced
    Optional<Account> signUp(
            String email, String name, String passwordHash, String tokenHash, Duration again);

    /// How an activation ends.
    sealed interface Activated {
        record Done(Account account, Membership home) implements Activated {}

        record InvalidToken() implements Activated {}

        record Already() implements Activated {}
    }

    /// Uses a token up and makes the account active, with a team of its own.
    Activated activate(String tokenHash);

    /// Stores a token for an active account, in the place of its earlier ones.
    void askReset(UserId user, String tokenHash);

    /// Uses a token up, sets the password, ends every session.
    ///
    /// @return the account; empty for a token that is not good
    Optional<Account> reset(String tokenHash, String passwordHash);

    /// Stores a token that signs the caller in once, in the place of its earlier ones.
    void askLink(Principal by, String tokenHash);

    /// Uses a token up.
    ///
    /// @return empty for one that is not good, and for an account that cannot be used
    Optional<Account> useLink(String tokenHash);

    /// Sets the password, ends every other session of the user.
    void setPassword(Principal by, UUID keep, String passwordHash);

    void rename(Principal by, String name);

    /// Deletes an account with the teams that it owns alone.
    ///
    /// @return false when it owns a live team with other members; nothing is changed then
    boolean delete(Principal by);

    /// Removes accounts that were deleted at least this long ago, and their names from the audit
    /// trail.
    ///
    /// @return the addresses
    List<String> purge(Duration age, int limit);
}
