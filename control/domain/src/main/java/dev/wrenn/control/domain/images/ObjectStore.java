package dev.wrenn.control.domain.images;

import java.util.Collection;
import java.util.Optional;
import java.util.Set;

/// Named bytes that outlive hosts and control planes. Keys are parts of lowercase letters, digits,
/// `-` and `.`, joined by `/`. Calls block; thread-safe.
public interface ObjectStore {
    /// Keeps an object; durable when this returns. One that is there already is replaced.
    ///
    /// @throws ObjectStoreException when it cannot be kept; as the others
    void put(String key, byte[] content);

    Optional<byte[]> get(String key);

    /// The keys that begin with a prefix, which ends with `/`.
    Set<String> list(String prefix);

    /// Removes objects; those that are not there are fine.
    void delete(Collection<String> keys);
}
