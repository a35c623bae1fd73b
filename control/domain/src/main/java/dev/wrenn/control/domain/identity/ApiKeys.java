package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Making, listing and revoking the API keys of a team. Thread-safe.
public final class ApiKeys {
    /// Most keys of one team.
    public static final int PER_TEAM = 1000;

    private final KeyTable table;
    private final RandomGenerator random;

    /// What is shown of a key.
    ///
    /// @param prefix the beginning of its text
    public record Shown(
            ApiKeyId id,
            TeamId team,
            String name,
            String prefix,
            KeyScope scope,
            UserId createdBy,
            String creatorEmail,
            Instant createdAt,
            Optional<Instant> lastUsed,
            Optional<Instant> expiresAt) {}

    /// A key that is about to be stored.
    public record Fresh(
            ApiKeyId id,
            TeamId team,
            UserId createdBy,
            String name,
            String hash,
            String prefix,
            KeyScope scope,
            Optional<Instant> expiresAt) {}

    /// Stored keys. Each method is one transaction and writes what it changed to the audit trail.
    public interface KeyTable {
        /// @return empty when the team has `limit` keys, or the creator is no member any more
        Optional<Shown> insert(Fresh key, int limit, Principal by);

        /// Newest first.
        List<Shown> of(TeamId team);

        /// @return false when the team has no such key
        boolean delete(TeamId team, ApiKeyId id, Principal by);
    }

    /// A new key.
    ///
    /// @param text shown this once
    public record Made(Shown key, String text) {}

    /// @param random cryptographically strong
    public ApiKeys(KeyTable table, RandomGenerator random) {
        this.table = table;
        this.random = random;
    }

    /// @return empty when the team has too many keys
    public Optional<Made> create(
            Principal by, String name, KeyScope scope, Optional<Instant> expiresAt) {
        var text = ApiKeyText.generate(random);
        var fresh =
                new Fresh(
                        ApiKeyId.random(),
                        by.team(),
                        by.user(),
                        name,
                        ApiKeyText.hash(text),
                        ApiKeyText.prefix(text),
                        scope,
                        expiresAt);
        return table.insert(fresh, PER_TEAM, by).map(shown -> new Made(shown, text));
    }

    /// Newest first.
    public List<Shown> list(Principal by) {
        return table.of(by.team());
    }

    /// Revokes one; nothing happens when the team has no such key.
    public void delete(Principal by, ApiKeyId id) {
        table.delete(by.team(), id, by);
    }
}
