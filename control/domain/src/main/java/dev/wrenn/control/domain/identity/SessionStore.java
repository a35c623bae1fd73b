package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/// Sessions that began with a sign-in and can be ended here at any time. Thread-safe.
public interface SessionStore {
    /// What the database says of a session and its user.
    ///
    /// @param active the user's account may be used
    record Found(Principal principal, boolean active) {}

    /// @param team that the caller means to act for
    /// @return empty when the session has ended or is not this user's
    Optional<Found> find(UUID session, UserId user, TeamId team);

    /// Lets a session live until then.
    void prolong(UUID session, Instant expires);

    /// Ends one session.
    void end(UUID session);

    /// Removes sessions that have expired.
    void removeExpired();
}
