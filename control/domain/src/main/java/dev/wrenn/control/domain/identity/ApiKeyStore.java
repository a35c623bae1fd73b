package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import java.util.Optional;

/// API keys that may be used. Thread-safe.
public interface ApiKeyStore {
    /// A key that may be used.
    ///
    /// @param hash lowercase hexadecimal SHA-256
    record Key(String hash, Principal principal) {}

    /// @return empty when there is no such key, it has expired, its team or creator is gone, or the
    ///   creator has left the team
    Optional<Key> byHash(String hash);

    /// The same by its id.
    Optional<Principal> byId(ApiKeyId id);

    /// Notes that the key was used just now.
    void touch(ApiKeyId id);
}
