package dev.wrenn.control.domain.accounts;

import java.net.URI;

/// A service that people have accounts at and that tells us whose they are (RFC 6749, authorization
/// code). Blocks. Thread-safe.
public interface OAuthProvider {
    /// As addresses name it.
    String name();

    /// Where a browser asks it.
    ///
    /// @param state comes back with the answer
    /// @param challenge of the verifier that the code is traded with (RFC 7636, S256)
    /// @param back where the browser is sent then
    URI authorize(String state, String challenge, URI back);

    /// Somebody's account there.
    ///
    /// @param id never changes
    /// @param email the main address, which the service has verified
    record Person(String id, String email, String name) {}

    /// Trades a code for whose account it is.
    ///
    /// @throws FailedException when the code is not good, there is no verified address, or the
    ///   service does not answer
    Person person(String code, String verifier, URI back);

    /// The service did not tell.
    final class FailedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        public FailedException(String message) {
            super(message);
        }

        public FailedException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
