package dev.wrenn.control.domain.identity;

import dev.wrenn.common.model.ApiKeyId;
import java.util.Optional;

/// API keys. Thread-safe.
public interface ApiKeyStore {
    /// A key that may be used.
    ///
    /// @param hash lowercase hexadecimal SHA-256
    record Key(String hash, Principal principal) {}

    /// @return empty when there is no such key, or its team or creator is gone
    Optional<Key> byHash(String hash);

    /// Notes that the key was used just now.
    void touch(ApiKeyId id);
}
