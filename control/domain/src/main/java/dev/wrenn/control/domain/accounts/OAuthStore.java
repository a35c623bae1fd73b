package dev.wrenn.control.domain.accounts;

import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.identity.Principal;
import java.util.List;
import java.util.Optional;

/// Which accounts belong to which accounts of other services. Each method is one transaction and
/// writes what it changed to the audit trail; thread-safe.
public interface OAuthStore {
    /// The account that belongs to theirs.
    Optional<Account> known(String provider, String theirId);

    /// A new active account with a team of its own, also in the place of one that was never
    /// activated, whose password is forgotten: nobody knows who chose it.
    ///
    /// @return empty when another account has the address
    Optional<Account> signUp(String provider, OAuthProvider.Person person);

    /// Lets a user sign in by theirs.
    ///
    /// @return false when it belongs to somebody else, or the user has another one there
    boolean link(UserId user, String provider, OAuthProvider.Person person);

    /// How unlinking ends.
    enum Unlinked {
        DONE,
        NOT_FOUND,
        /// There is no password and no other service: nobody could sign in any more.
        LAST
    }

    Unlinked unlink(Principal by, String provider);

    /// The services of a user.
    List<String> of(UserId user);

    /// Stores a code that is good for a minute, once.
    void code(UserId user, String hash);

    /// Uses a code up.
    ///
    /// @return empty for one that is not good, and for an account that cannot be used
    Optional<Account> use(String hash);
}
