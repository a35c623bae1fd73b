package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// Sessions in memory.
final class FakeSessionStore implements SessionStore {
    private final Map<UUID, UserId> rows = new HashMap<>();
    boolean active = true;

    @Override
    public Optional<Found> find(UUID session, UserId user, TeamId team) {
        if (!user.equals(rows.get(session))) return Optional.empty();
        var principal =
                new Principal(
                        team,
                        Optional.of(Role.MEMBER),
                        user,
                        "Ada",
                        false,
                        new Credential.Session(session));
        return Optional.of(new Found(principal, active));
    }

    void begin(UUID session, UserId user) {
        rows.put(session, user);
    }

    @Override
    public void prolong(UUID session, Instant expires) {}

    @Override
    public void end(UUID session) {
        rows.remove(session);
    }

    @Override
    public void removeExpired() {}
}
